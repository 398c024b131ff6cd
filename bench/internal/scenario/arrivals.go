package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"multilog/bench/internal/feed"
	"multilog/bench/internal/shipper"
)

const (
	// arrivalPause is the time between two looks for new lines at a server, and so the
	// error of a lag.
	arrivalPause = 50 * time.Millisecond
	// awaitPause is the time between two counts of all lines.
	awaitPause = time.Second
)

// An arrival is the newest line that can be read from a server, at a time in
// nanoseconds since 1970.
type arrival struct {
	at     int64
	newest int
}

// arrivals are what a goroutine sees until it is stopped.
type arrivals struct {
	done chan struct{}
	over sync.WaitGroup
	seen []arrival
}

func watchArrivals(ctx context.Context, rig *shipper.Rig) *arrivals {
	a := &arrivals{done: make(chan struct{})}
	a.over.Go(func() {
		looks := time.NewTicker(arrivalPause)
		defer looks.Stop()
		last := -1
		for {
			select {
			case <-a.done:
				return
			case <-looks.C:
			}
			if newest, err := rig.Newest(ctx); err == nil && newest > last { // the count of all lines tells errors
				a.seen = append(a.seen, arrival{time.Now().UnixNano(), newest})
				last = newest
			}
		}
	})
	return a
}

func (a *arrivals) stop() []arrival {
	close(a.done)
	a.over.Wait()
	return a.seen
}

// lagsOf returns how long it took from the label of each line until it could be read,
// in nanoseconds, sorted. Lines that never came are left out.
func lagsOf(seen []arrival, labels []int64) (lags []int64) {
	next := 0
	for _, a := range seen {
		for ; next <= a.newest && next < len(labels); next++ {
			lags = append(lags, a.at-labels[next])
		}
	}
	slices.Sort(lags)
	return lags
}

// disturb does what goes wrong, when it is due.
func disturb(ctx context.Context, rig *shipper.Rig, events []shipEvent) error {
	begun := time.Now()
	for _, e := range events {
		if err := feed.Pause(ctx, time.Until(begun.Add(e.at))); err != nil {
			return err
		}
		var err error
		switch e.what {
		case killShipper:
			rig.Shipper.Kill()
			err = rig.Shipper.Start(ctx)
		case killServer:
			rig.Server.Kill()
			if err = feed.Pause(ctx, e.last); err == nil {
				err = rig.StartServer(ctx)
			}
		case cutLink:
			rig.Link.Cut()
			err = feed.Pause(ctx, e.last)
			rig.Link.Mend()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitLines waits until a server has all lines, or for a while no more come, and
// returns what is wrong with them, and how long it took.
func awaitLines(ctx context.Context, rig *shipper.Rig, lines int, patience time.Duration) (t shipper.Tally, took time.Duration, err error) {
	begun := time.Now()
	better := begun
	for least := lines + 1; ; {
		numbers, err := rig.All(ctx)
		if err == nil {
			t = shipper.Count(slices.DeleteFunc(numbers, func(n int) bool { return n >= lines }), lines)
			if t.Lost < least {
				least, better = t.Lost, time.Now()
			}
		}
		switch {
		case err == nil && t.Lost == 0:
			return t, time.Since(begun), nil
		case time.Since(better) < patience:
		case err != nil:
			return t, 0, err
		case t.Lost == lines:
			return t, 0, fmt.Errorf("none of %d lines has come", lines)
		default:
			return t, 0, nil
		}
		if err := feed.Pause(ctx, awaitPause); err != nil {
			return t, 0, err
		}
	}
}
