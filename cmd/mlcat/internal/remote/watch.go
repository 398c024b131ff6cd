package remote

import (
	"sync"
	"time"

	"multilog/internal/logdir"
)

// watch looks again every two seconds while its caller waits. It is a [logdir.Watch].
type watch struct {
	dir  *Directory
	wake chan struct{}

	mu      sync.Mutex
	changes []logdir.Change
}

// Start implements logdir.Watch. A Directory changes only by its looks, and these tell
// all changes.
func (w *watch) Start() (bool, error) {
	w.dir.firstLook()
	return true, nil
}

// Changes implements logdir.Watch.
func (w *watch) Changes() []logdir.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	changes := w.changes
	w.changes = nil
	return changes
}

// Wait implements logdir.Watch.
func (w *watch) Wait(most time.Duration) {
	w.dir.mu.Lock()
	left := lookEvery - time.Since(w.dir.looked)
	w.dir.mu.Unlock()
	if left > most {
		w.Rest(most)
		return
	}
	if w.Rest(left); len(w.wake) > 0 {
		return
	}
	changes := w.dir.look()
	w.mu.Lock()
	w.changes = append(w.changes, changes...)
	w.mu.Unlock()
}

// Rest implements logdir.Watch.
func (w *watch) Rest(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.wake:
		w.Interrupt() // for the next one, too
	}
}

// Interrupt implements logdir.Watch. It is called once, at the end.
func (w *watch) Interrupt() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Close implements logdir.Watch.
func (w *watch) Close() {}
