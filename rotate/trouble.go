package rotate

import (
	"fmt"
	"time"

	"multilog/internal/reason"
)

// How messages look: "unable to lock directory ./main: temporary failure".
// What could not be done comes first, then to what, then the reason, in the
// words that daemontools uses where it has words of its own for an error.

// Error is what could not be done at the start.
type Error struct {
	What string // "lock directory ./main"
	Err  error
	More string // for the operator, after the reason
}

func (e *Error) Error() string {
	return "unable to " + e.What + ": " + reason.Of(e.Err) + e.More
}

func (e *Error) Unwrap() error { return e.Err }

// Trouble warns about something that fails again and again: at once, and then ever
// more rarely, after 1, 4, 16 and 60 minutes, with the number of tries and since
// when. Trouble that comes back within a minute goes on.
type Trouble struct {
	what   string
	since  int64 // Now of the first failure; 0 when there is no trouble
	begun  int64 // Mono of it
	tries  int
	next   int64 // Mono of the next warning
	gap    int64
	over   int64 // Mono of the success after the last failure; 0 if there was none
	warned bool  // since it was said to be over
}

const (
	firstWarningGap = int64(time.Minute)
	lastWarningGap  = int64(time.Hour)
)

// Failed notes a failure of what ("write to ./main/current") and warns when it
// is time to. A failure of something else is another trouble.
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

// isAbout reports whether it is what that went wrong last.
func (t *Trouble) isAbout(what string) bool { return t.what == what }

// Over notes a success; it says so when the trouble was mentioned and had more
// than one try.
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
