package slack

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// given is a slack that no default is, in nanoseconds.
const given = 123_456

// Enlarge adds to the thread's slack, and Reduce takes that back. The slack tells the
// program that is executed then what its parent had given.
func TestEnlarge(t *testing.T) {
	t.Setenv(processors, "x")
	os.Unsetenv(processors) // until the end of the test
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := get()
	defer set(before)
	defer func() { own = 0 }()
	set(given)
	environment := Enlarge()
	if !slices.Equal(environment, append(os.Environ(), "GOMAXPROCS=1")) {
		t.Errorf("the environment is %q", environment)
	}
	if got := get(); got != given+extraNanos || own != 0 {
		t.Errorf("the slack is %d, and own is %d", got, own)
	}
	Restore() // does nothing
	Reduce()
	if got := get(); got != given {
		t.Errorf("the slack is %d after Reduce", got)
	}
	set(given + extraNanos)
	if environment := Enlarge(); environment != nil || own != given || get() != given+extraNanos {
		t.Errorf("Enlarge after an exec: environment %q, own %d, slack %d", environment, own, get())
	}
	Confine()
	if got := get(); got != given {
		t.Errorf("the slack is %d after Confine", got)
	}
}

// A slack that the parent has made large, and a number of processors that the user has
// chosen, stay.
func TestEnlargeNot(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := get()
	defer set(before)
	set(mostNanos + 1)
	if environment := Enlarge(); environment != nil || get() != mostNanos+1 {
		t.Errorf("environment %q, slack %d", environment, get())
	}
	set(given)
	t.Setenv(processors, "2")
	if environment := Enlarge(); environment != nil || get() != given {
		t.Errorf("environment %q, slack %d with GOMAXPROCS", environment, get())
	}
	Confine()
	if os.Getenv(processors) != "2" {
		t.Error("GOMAXPROCS is lost")
	}
}

// restoreOthers restores as many threads as it is told to, and not the caller's.
func TestRestoreOthers(t *testing.T) {
	const threads = 7
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer set(get())
	set(2 * given)
	own = given
	defer func() { own = 0 }()
	restored := map[int]bool{}
	restoreOthers(threads, restored)
	if len(restored) != threads || restored[unix.Gettid()] || get() != 2*given {
		t.Errorf("threads %v are restored, this is %d with a slack of %d", restored, unix.Gettid(), get())
	}
	for id := range restored {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(id) + "/timerslack_ns")
		if errors.Is(err, unix.EPERM) {
			t.Skip("only root may look at the slack of another thread")
		}
		if got := strings.TrimSpace(string(text)); err != nil || got != strconv.Itoa(given) {
			t.Errorf("thread %d has a slack of %q (%v)", id, got, err)
		}
	}
}
