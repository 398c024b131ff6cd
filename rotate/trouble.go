package rotate

import (
	"fmt"
	"time"

	"multilog/internal/reason"
)

// How messages look: "unable to lock directory ./main: temporary failure". First comes
// what could not be done and on which file, then the reason. The reason is in
// daemontools' words if daemontools has its own for the error.

// Error is the reason why a logger can't start, or why it could not take back a batch.
type Error struct {
	What string // what could not be done, such as "lock directory ./main"
	Err  error
	More string // for the operator; begins with a space
}

func (e *Error) Error() string {
	return "unable to " + e.What + ": " + reason.Of(e.Err) + e.More
}

func (e *Error) Unwrap() error { return e.Err }

// Trouble warns about an operation that fails repeatedly: at once, and then more and
// more rarely, after 1, 4, 16 and 60 minutes, with the number of failures and since
// when. A failure within a minute of a success continues the same trouble.
type Trouble struct {
	what   string
	since  int64 // Now of the first failure; 0 if there is no trouble
	begun  int64 // Mono of the first failure
	tries  int
	next   int64 // Mono of the next warning
	gap    int64
	over   int64 // Mono of the success after the last failure; 0 if there was none
	warned bool  // a warning came since it was last said to be over
}

const (
	firstWarningGap = int64(time.Minute)
	lastWarningGap  = int64(time.Hour)
)

// Failed notes a failure of what, for instance "write to ./main/current", and warns if
// a warning is due. A failure of something else is another trouble.
func (t *Trouble) Failed(k Host, what string, err error) {
	now := k.Mono()
	if t.since == 0 || t.what != what || t.over != 0 && now-t.over >= firstWarningGap {
		*t = Trouble{what: what, since: k.Now(), begun: now, next: now, gap: firstWarningGap}
	}
	t.over = 0
	t.tries++
	if now < t.next {
		return
	}
	text := "unable to " + what + ", pausing: " + reason.Of(err)
	if t.tries > 1 {
		text += fmt.Sprintf(" (%d times since %s)", t.tries, time.Unix(0, t.since).UTC().Format(time.RFC3339))
		t.gap = min(t.gap*4, lastWarningGap)
	}
	k.Warn(text)
	t.warned = true
	t.next = now + t.gap
}

// isAbout reports whether the latest failure was one of what.
func (t *Trouble) isAbout(what string) bool { return t.what == what }

// Over notes a success. It says so if a warning has come and more than one try has
// failed.
func (t *Trouble) Over(k Host) {
	if t.since == 0 || t.over != 0 {
		return
	}
	t.over = max(k.Mono(), 1)
	if t.tries > 1 && t.warned {
		t.warned = false
		k.Warn(fmt.Sprintf("%s succeeded after %s", t.what,
			time.Duration(k.Mono()-t.begun).Round(time.Second)))
	}
}
