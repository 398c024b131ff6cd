package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"multilog/rotate/lockpage"
)

// The table tells what an administrator asks first, in 80 columns whatever happens.
func TestTable(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	now := time.Unix(1_800_000_003, 0)
	since := func(d time.Duration) int64 { return now.Add(-d).UnixNano() }
	fine := lockpage.Status{Dir: "/service/qmail-send/log/main", Alive: true, PID: 1, Started: now.Add(-76 * time.Hour)}
	fine.Counters.LinesIn, fine.Counters.LastBatch, fine.Activity.PendingLimit = 1000, since(2*time.Second), 19
	for i, lines := range []int{0, 100, 100, 200, 400, 800, 123} {
		fine.Activity.CountLines(now.UnixNano()-int64(7-i)*int64(lockpage.RateSlot), lines)
	}
	bad := fine
	bad.Counters.Pending, bad.Counters.ProcessorRuns, bad.Counters.ProcessorBad = 19, 40, 12
	bad.Activity.RoomSince = since(72 * time.Second)
	bad.Files = []lockpage.File{{Stage: lockpage.StageProcessing, Failing: true, Since: now.Add(-3 * time.Second)}}
	full := fine
	full.Activity.PauseSince, full.Counters.WritePauses = since(5*time.Minute), 250_000
	gone := lockpage.Status{PID: 4194304, Counters: fine.Counters}
	var out bytes.Buffer
	writeTable(&out, []look{
		{&fine, "qmail-send", now}, {&bad, "a/service/with/a/long/name", now}, {&full, "full", now}, {&gone, "gone", now},
		{&lockpage.Status{Holder: lockpage.Holder{Held: true, PID: 9}}, "djb", now}, {&lockpage.Status{}, "unused", now},
	}, nil, 0)
	const want = `LOG                STATE        LINES/s 2 MINUTES     LAST PENDING TROUBLE
qmail-send         up 3d4h           25          ▂▆█    2s    0/19 -
~/with/a/long/name waits 1m12s       25          ▂▆█    2s   19/19 below:
    19 of 19 files pending, no room to rotate for 1m12s, the service may wait;
    processing a file fails, last tried 3s ago; 12 of 40 processor runs failed
full               fails 5m0s        25          ▂▆█    2s    0/19 below:
    unable to write for 5m0s, the service may wait; 250.0k writes retried
gone               gone               - -               2s       0 below:
    no logger, the last one was pid 4194304
djb                another's          - -                -       - -
unused             none               - -                -       - -
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > tableColumns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// The bars show the last two minutes, in UTF-8 or in ASCII.
func TestBars(t *testing.T) {
	now := time.Unix(1_800_000_001, 0)
	s := lockpage.Status{Alive: true, PID: 1, Started: now.Add(-time.Hour)}
	for i, lines := range []int{1000, 1000, 0, 0, 1, 0, 500, 500} { // the last ends with the period before now
		s.Activity.CountLines(now.UnixNano()-int64(8-i)*int64(lockpage.RateSlot), lines)
	}
	for locale, want := range map[string]string{"C.UTF-8": "        █ ▁▄", "de_DE.utf8": "        █ ▁▄", "C": "        # .=", "": "        # .="} {
		t.Setenv("LC_ALL", locale)
		t.Setenv("LC_CTYPE", "")
		t.Setenv("LANG", "")
		if got := historyCell(look{&s, "", now}, bars()); got != want {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": -time.Hour, "59s": 59*time.Second + 999*time.Millisecond, "1m0s": time.Minute, "59m": time.Hour - 1, "9h59m": 10*time.Hour - 1,
		"23h": 24*time.Hour - 1, "1d0h": 24 * time.Hour, "300d": 300 * 24 * time.Hour,
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[float64]string{0: "0", 99_999: "99999", 100_000: "100k", 1.25e6: "1.2M", 9.99e8: "999M", 1e30: "many"} {
		if got := short(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}
