package ship

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
)

const (
	// atOnce is how many logs are sent at a time: it bounds memory, about 10 MB each.
	atOnce = 4

	// finishTime is how long Run continues to send after it was told to end.
	finishTime = 5 * time.Second

	// The pause after an error doubles from the first to the last.
	firstPause, lastPause = 500 * time.Millisecond, 30 * time.Second

	// remindEvery is how often a message about a lasting error is repeated.
	remindEvery = 5 * time.Minute

	// keepEvery is how often a directory is read if it can't be watched.
	keepEvery = time.Second
)

// Sender sends several logs until it is told to end.
type Sender struct {
	Every   time.Duration // between two steps of a log
	Logs    []*Log
	Dirs    []string // of the Logs
	Warn    func(text string)
	Advance func() // after each step, with no two at a time
	mu      sync.Mutex
	turn    chan struct{}

	stopKeeping func() // ends what Keep began; nil before
}

// Run sends the logs until stop is closed, and after that for a few seconds. It returns
// how many logs are not sent completely.
func (s *Sender) Run(stop <-chan struct{}) (left int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		time.AfterFunc(finishTime, cancel)
	}()
	s.turn = make(chan struct{}, atOnce)
	s.Keep()
	var senders sync.WaitGroup
	var mu sync.Mutex
	for i, l := range s.Logs {
		senders.Go(func() {
			if !s.send(ctx, stop, l, s.Dirs[i]) {
				mu.Lock()
				left++
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	s.stopKeeping()
	for _, l := range s.Logs {
		l.Close()
	}
	return left
}

// Keep has each log keep what its logger finishes, from now until Run ends. Run calls it,
// too.
func (s *Sender) Keep() {
	if s.stopKeeping != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	var keepers sync.WaitGroup
	for i, l := range s.Logs {
		keepers.Go(func() { watch(ctx, s.Dirs[i], func() { _ = l.Keep() }) }) // Step tells errors
	}
	s.stopKeeping = func() {
		cancel()
		keepers.Wait()
	}
}

// send sends one log until stop is closed. It reports whether all of it was sent.
func (s *Sender) send(ctx context.Context, stop <-chan struct{}, l *Log, dir string) (all bool) {
	t := trouble{warn: func(text string) { s.Warn(l.log.String() + ": " + text) }}
	var lock dirLock
	defer lock.release()
	for {
		ending := stopped(stop)
		err := s.step(ctx, l, dir, &lock)
		pause := t.after(err, s.Every, ending)
		s.mu.Lock()
		s.Advance()
		s.mu.Unlock()
		if ending {
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.Warn(fmt.Sprintf("%s: not all of it is sent: it stays in %s, and the next mlship sends it", l.log, dir))
				return false
			}
			return true
		}
		select {
		case <-stop:
		case <-time.After(pause):
		}
	}
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// step makes one step of the log when it is the log's turn.
func (s *Sender) step(ctx context.Context, l *Log, dir string, lock *dirLock) error {
	if err := lock.take(dir); errors.Is(err, errLocked) {
		return err
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.warnOnce(fmt.Sprintf("unable to lock %s in %s: %v; going on without", keptDir, dir, err))
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	return l.Step(ctx)
}

// trouble prints errors: the first, and one from time to time while they last.
type trouble struct {
	warn  func(text string)
	pause time.Duration // the last one
	since time.Time     // of the first error; zero without trouble
	told  time.Time
	text  string
}

// after returns how long to wait after a step that ended with err.
func (t *trouble) after(err error, every time.Duration, ending bool) time.Duration {
	now := time.Now()
	if err == nil {
		if !t.since.IsZero() && t.text != "" {
			t.warn("sent again after " + now.Sub(t.since).Round(time.Second).String())
		}
		*t = trouble{warn: t.warn}
		return jitter(every)
	}
	if t.since.IsZero() {
		t.since = now
	}
	if errors.Is(err, errAgain) {
		return jitter(firstPause / 5)
	}
	t.pause = min(max(2*t.pause, firstPause), lastPause)
	pause := jitter(t.pause)
	text, advice := err.Error(), ""
	var e *store.Error
	switch {
	case errors.Is(err, fs.ErrNotExist):
		pause, text, advice = jitter(min(max(every, firstPause), lastPause)), "there is no such directory: "+err.Error(), "it is sent once it is there"
	case errors.Is(err, errLocked):
		pause = jitter(max(every, firstPause))
	case errors.As(err, &e):
		advice = e.Advice()
	}
	if !ending && (kindText(err) != t.text || now.Sub(t.told) >= remindEvery) {
		message := fmt.Sprintf("%s; trying again in %v", text, pause.Round(100*time.Millisecond))
		if !t.told.IsZero() {
			message += fmt.Sprintf(", as since %v", now.Sub(t.since).Round(time.Second))
		}
		if advice != "" {
			message += ": " + advice
		}
		t.warn(message)
		t.text, t.told = kindText(err), now
	}
	return pause
}

// kindText is the part of an error that makes it different from the one before.
func kindText(err error) string {
	var e *store.Error
	if errors.As(err, &e) {
		return fmt.Sprint(e.Op, e.Kind)
	}
	return err.Error()
}

// jitter returns d, up to a fifth more or less, so that the senders of many hosts do
// not all come at once.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1)
}

// Probe finds out whether the store honours If-None-Match, as store.Probe does,
// trying again until it is known or stop is closed.
func Probe(stop <-chan struct{}, s store.Store, log layout.Log, warn func(text string)) (store.Store, bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	t := trouble{warn: warn}
	for {
		probed, conditional, err := store.Probe(ctx, s, layout.HostDir(log.Prefix, log.Host)+".mlship")
		if err == nil {
			t.after(nil, 0, false)
			if !conditional {
				warn("the store ignores If-None-Match: nothing but this mlship may send these logs, or lines may be twice or missing in what is not finished; use a newer store")
			}
			return probed, true
		}
		pause := t.after(err, 0, stopped(stop))
		select {
		case <-stop:
			return nil, false
		case <-time.After(pause):
		}
	}
}
