package logger

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Patience is how long a test waits for what must happen. A test that waits that long
// has failed.
const Patience = 2 * time.Minute

// pollEvery is the time between two looks at a condition.
const pollEvery = 5 * time.Millisecond

// Await calls happened every few milliseconds until it returns true, for at most
// Patience. It reports whether it did.
func Await(happened func() bool) bool {
	for end := time.Now().Add(Patience); ; time.Sleep(pollEvery) {
		if happened() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// Until waits until happened returns true, and fails the test if it does not. what is
// part of the message: what the test waited for.
func Until(t testing.TB, what string, happened func() bool) {
	t.Helper()
	if !Await(happened) {
		t.Fatalf("waited %v, in vain: %s", Patience, what)
	}
}

// Receive returns what comes from ch, and fails the test if nothing comes for Patience.
// If why is not nil, the message ends with what it returns.
func Receive[T any](t testing.TB, what string, ch <-chan T, why func() string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(Patience):
		said := ""
		if why != nil {
			said = "\n" + why()
		}
		t.Fatalf("waited %v, in vain: %s%s", Patience, what, said)
		panic("unreachable")
	}
}

// Missing reports whether a program is not installed. With CI=true in the environment,
// where nothing may be missing, that is an error.
func Missing(program string) (bool, error) {
	_, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") == "true" {
		return true, fmt.Errorf("%w (with CI=true, a test must not be skipped; scripts/peers installs what tests need)", err)
	}
	return err != nil, nil
}

// Need skips the test if one of the programs is not installed. With CI=true in the
// environment it fails the test.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		missing, err := Missing(program)
		if err != nil {
			t.Fatal(err)
		}
		if missing {
			t.Skipf("%s is not installed", program)
		}
	}
}
