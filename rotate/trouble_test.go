package rotate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestError(t *testing.T) {
	err := &Error{What: "lock directory ./main", Err: syscall.EAGAIN, More: " (held by pid 7)"}
	if got, want := err.Error(), "unable to lock directory ./main: temporary failure (held by pid 7)"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Error("the error hides its reason")
	}
}

// Trouble warns at once, after a minute, and then more and more rarely, but at least
// once an hour.
func TestTrouble(t *testing.T) {
	k := newKernel(t)
	k.mono = 1e9
	var trouble Trouble
	var at []int // seconds
	const hours = 6
	for second := range hours * 3600 {
		before := len(k.warned)
		trouble.Failed(k, "write to ./main/current", syscall.ENOSPC)
		if len(k.warned) > before {
			at = append(at, second)
		}
		k.mono += int64(time.Second)
	}
	if !slices.Equal(at, []int{0, 60, 300, 1260, 4860, 8460, 12060, 15660, 19260}) {
		t.Errorf("warned after %v seconds", at)
	}
	if first := k.warned[0]; first != "unable to write to ./main/current, pausing: out of disk space" {
		t.Errorf("%q", first)
	}
	if second := k.warned[1]; !strings.HasPrefix(second, "unable to write to ./main/current, pausing: out of disk space (61 times since 2") {
		t.Errorf("%q", second)
	}
	k.warned = nil
	k.clock -= 3600e9 // setting the clock back makes no difference
	trouble.Over(k)
	trouble.Over(k)
	if len(k.warned) != 1 || k.warned[0] != "write to ./main/current succeeded after 6h0m0s" {
		t.Errorf("%q", k.warned)
	}
}

// Trouble that happens once is mentioned once; trouble with something else is new.
func TestTroubleOnce(t *testing.T) {
	k := newKernel(t)
	var trouble Trouble
	trouble.Over(k)
	trouble.Failed(k, "open next", syscall.EMFILE)
	trouble.Over(k)
	if len(k.warned) != 1 {
		t.Errorf("%q", k.warned)
	}
	k.mono += firstWarningGap + 1
	trouble.Failed(k, "open next", syscall.EMFILE)
	trouble.Failed(k, "open next", syscall.EMFILE)
	trouble.Failed(k, "stat next", syscall.EIO)
	trouble.Failed(k, "stat next", syscall.EIO)
	want := []string{
		"unable to open next, pausing: process cannot open more files",
		"unable to open next, pausing: process cannot open more files",
		"unable to stat next, pausing: input/output error",
	}
	if !slices.Equal(k.warned, want) {
		t.Errorf("%q", k.warned)
	}
}

// Trouble that comes and goes counts as one and is not mentioned each time.
func TestTroubleThatComesAndGoes(t *testing.T) {
	k := newKernel(t)
	var trouble Trouble
	const times = 1000
	for range times {
		trouble.Failed(k, "write", syscall.ENOSPC)
		k.mono += int64(time.Second)
		trouble.Over(k)
		k.mono += int64(time.Second)
	}
	var short []string
	for _, text := range k.warned {
		text, _, _ = strings.Cut(text, " since ")
		text, _, _ = strings.Cut(text, " after ")
		short = append(short, text)
	}
	want := []string{
		"unable to write, pausing: out of disk space", "write succeeded",
		"unable to write, pausing: out of disk space (31 times", "write succeeded",
		"unable to write, pausing: out of disk space (151 times", "write succeeded",
		"unable to write, pausing: out of disk space (631 times", "write succeeded",
	}
	if !slices.Equal(short, want) {
		t.Errorf("%q", short)
	}
}

// "... succeeded after" is said when the operation that failed has succeeded, not when
// an earlier one is repeated and succeeds on the way to it.
func TestSucceededOnlyWhenItHas(t *testing.T) {
	said := 0
	for n := 0; ; n++ {
		k := &latentKernel{realKernel: newKernel(t)}
		d, _ := k.open(t.TempDir(), &head{})
		d.host, d.processor.command = k, []string{"/bin/cat", "cat"}
		d.batch(t, "one\n")
		d.done()
		d.clear()
		d.RequestRotation()
		var victim string // the operation that fails
		for i, fails := 0, 0; len(k.submitted) > 0; i++ {
			op := k.submitted[0]
			what := fmt.Sprint(op.Code, op.Dir, op.FD, op.Path, op.NewPath)
			if i == n {
				victim = what
			}
			var err error
			if what == victim && fails < 3 {
				fails++
				err = syscall.EIO
			}
			before := overs(k.warned)
			k.finish(err)
			if after := overs(k.warned); after > before {
				said++
				if err != nil || what != victim {
					t.Errorf("operation %d, %s, fails; %q is said after %s", n, victim, k.warned[len(k.warned)-1], what)
				}
			}
			if len(k.submitted) == 0 && d.Deadline() != 0 {
				k.mono = d.Deadline()
				d.Tick(k.mono)
			}
			if d.RotationRequested() && d.Ready() {
				d.Rotate()
			}
		}
		k.kill()
		if victim == "" {
			break
		}
	}
	if said == 0 {
		t.Error("no message says that trouble is over")
	}
}

// overs counts the messages that say that trouble is over.
func overs(warned []string) int {
	n := 0
	for _, text := range warned {
		if strings.Contains(text, " succeeded after ") {
			n++
		}
	}
	return n
}
