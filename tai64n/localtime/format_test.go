package localtime

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"multilog/tai64n"
)

func TestCalendarAgainstTime(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range int64(200_000) {
		days := i - 100_000
		if i%2 == 0 {
			days = rnd.Int64N(1<<33) - 1<<32
		}
		year, month, day := civil(days)
		want := time.Unix(days*secondsPerDay, 0).UTC()
		if int(year) != want.Year() || month != int(want.Month()) || day != want.Day() {
			t.Fatalf("civil(%d) = %d-%d-%d, want %v", days, year, month, day, want)
		}
		if got := dayOf(year, want.YearDay()-1); got != days {
			t.Fatalf("dayOf(%d, %d) = %d, want %d", year, want.YearDay()-1, got, days)
		}
		if got := daysBefore(year, month) + day; got != want.YearDay() {
			t.Fatalf("%v is day %d, want %d", want, got, want.YearDay())
		}
	}
}

func TestPutNine(t *testing.T) {
	check := func(v uint32) {
		dst := []byte("........./")
		if putNine(dst, v); string(dst) != fmt.Sprintf("%09d/", v) {
			t.Fatalf("putNine(%d): %s", v, dst)
		}
	}
	for v := uint32(1); v < 1e9; v *= 10 {
		for d := uint32(1); d < 10; d++ {
			check(v*d - 1)
			check(v * d)
			check(v*d + 1)
		}
	}
	check(999_999_999)
	for range 500_000 {
		check(rand.Uint32N(1e9))
	}
}

// A Formatter keeps the text of the last second. It must write the same as a new one.
func TestFormatterKeepsNothingWrong(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, tz := range []string{"UTC", "Europe/Berlin", "EST5EDT4,M3.2.0,M11.1.0", "right/Europe/Berlin"} {
		z := New(tz, "")
		f := NewFormatter(z)
		labels := instants(z, rnd)
		for range 10_000 {
			l := labels[rnd.IntN(len(labels))]
			switch rnd.IntN(4) {
			case 0:
				l.Sec = rnd.Uint64()
			case 1:
				l.Sec++
			}
			for range rnd.IntN(3) {
				got, gotOK := f.Append(nil, l)
				want, wantOK := NewFormatter(z).Append(nil, l)
				if string(got) != string(want) || gotOK != wantOK {
					t.Fatalf("TZ=%s %v: %q, %v, from a new one %q, %v", tz, l, got, gotOK, want, wantOK)
				}
				room := make([]byte, MaxLen)
				if n := f.PutText(room, l.Append(nil)); string(room[:n]) != string(want) {
					t.Fatalf("TZ=%s %v: PutText: %q, want %q", tz, l, room[:n], want)
				}
				l.Nano++
			}
		}
	}
}

func TestNoDate(t *testing.T) {
	f := NewFormatter(New("UTC", ""))
	const first, last = -2147481748, 2147485547 // 1900 plus the least and greatest int
	for _, tt := range []struct {
		unix int64
		want string
	}{
		{dayOf(first, 0) * secondsPerDay, "18446744071562069868-01-01 00:00:00.000000000"},
		{dayOf(first, 0)*secondsPerDay - 1, ""},
		{dayOf(last+1, 0)*secondsPerDay - 1, "18446744071562069867-12-31 23:59:59.000000000"},
		{dayOf(last+1, 0) * secondsPerDay, ""},
		{math.MaxInt64, ""},
		{math.MinInt64, ""},
	} {
		got, ok := f.Append([]byte("x"), at(tt.unix))
		if string(got) != "x"+tt.want || ok != (tt.want != "") {
			t.Errorf("unix %d: %q, %v, want %q", tt.unix, got, ok, tt.want)
		}
	}
	if got, ok := NewFormatter(New("UTC", "")).Append(nil, tai64n.Label{}); ok {
		t.Errorf("the zero label has a date: %q", got)
	}
}

func TestPutTextRefuses(t *testing.T) {
	f := NewFormatter(New("UTC", ""))
	room := make([]byte, MaxLen)
	const good = "@4000000040cebb173743e93c"
	for range 2 {
		for _, bad := range []string{"x" + good[1:], good[:24] + "C", good[:24] + " ", "@x" + good[2:], "@ffffffffffffffff3743e93c"} {
			if n := f.PutText(room, []byte(bad)); n != 0 {
				t.Errorf("%s: %s", bad, room[:n])
			}
		}
		if n := f.PutText(room, []byte(good)); string(room[:n]) != "2004-06-15 09:02:05.927197500" {
			t.Errorf("%s: %s", good, room[:n])
		}
	}
}

func TestPutAllocatesNothing(t *testing.T) {
	f := NewFormatter(New("Europe/Berlin", ""))
	dst := make([]byte, MaxLen)
	l := at(1_700_000_000)
	if n := testing.AllocsPerRun(1000, func() {
		f.Put(dst, l)
		l.Sec += 1_000_000
		l.Nano = ^l.Nano
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSameSecond(b *testing.B) {
	f := NewFormatter(New("Europe/Berlin", ""))
	dst := make([]byte, MaxLen)
	l := at(1_700_000_000)
	b.SetBytes(int64(Len))
	for b.Loop() {
		f.Put(dst, l)
		l.Nano = (l.Nano + 12_345) % 1e9
	}
}

func BenchmarkEachSecond(b *testing.B) {
	for _, tz := range []string{"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"} {
		b.Run(tz, func(b *testing.B) {
			f := NewFormatter(New(tz, ""))
			dst := make([]byte, MaxLen)
			l := at(1_700_000_000)
			b.SetBytes(int64(Len))
			for b.Loop() {
				f.Put(dst, l)
				l.Sec++
			}
		})
	}
}
