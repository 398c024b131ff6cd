package slack

import (
	"os"
	"runtime"
	"slices"
	"testing"
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
