package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// generate runs the command line.
func generate(t *testing.T, args string) ([]byte, totals) {
	t.Helper()
	o, _, err := parse(strings.Fields(args))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	done, err := run(o, &out)
	if err != nil {
		t.Fatal(err)
	}
	if done.bytes != uint64(out.Len()) || done.lines != int64(bytes.Count(out.Bytes(), []byte("\n"))) {
		t.Errorf("%s: %d bytes, but the report is %v", args, out.Len(), done)
	}
	return out.Bytes(), done
}

func TestLimits(t *testing.T) {
	all, _ := generate(t, "-bytes 300kB")
	if len(all) > 300000 || len(all) < 299000 || all[len(all)-1] != '\n' {
		t.Errorf("-bytes 300kB wrote %d bytes that end in %q", len(all), all[len(all)-1])
	}
	some, done := generate(t, "-lines 1234")
	if done.lines != 1234 || !bytes.HasPrefix(all, some) {
		t.Errorf("-lines 1234 wrote %d", done.lines)
	}
	if paced, done := generate(t, "-rate 1e6 -lines 1234"); !bytes.Equal(paced, some) || done.writes.n != 1234 {
		t.Errorf("-rate wrote another log, or in %d writes", done.writes.n)
	}
	if _, done := generate(t, "-rate 1000 -duration 50ms"); done.lines > 51 || done.lines == 0 {
		t.Errorf("50 ms at 1000 lines/s made %d lines", done.lines)
	}
}

func TestLabelledSpan(t *testing.T) {
	log, _ := generate(t, "-labels -lines 20000 -span 48h -start 2026-03-01T00:00:00Z -kind send")
	lines := bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	seconds := func(line []byte) (sec int64) {
		for _, c := range line[9:17] {
			sec = sec<<4 | int64(strings.IndexByte("0123456789abcdef", c))
		}
		return sec - 10
	}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Unix()
	first, last := seconds(lines[0])-start, seconds(lines[len(lines)-1])-start
	if first < 0 || first > 60 || last < 47*3600 || last > 49*3600 {
		t.Errorf("labels go from %d s to %d s after the start", first, last)
	}
}

func TestProgress(t *testing.T) {
	o, _, err := parse(strings.Fields("-progress -lines 1000"))
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	o.progress = &said
	if _, err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	if s := said.String(); !strings.Contains(s, "1,000 lines") || !strings.HasSuffix(s, strings.Repeat("#", 30)+"]\n") {
		t.Errorf("progress ends with %q", s)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"-kind x", "-bytes x", "-labels", "-rate -1", "more", "-labels -lines 1 -start x", "-nothing"} {
		if _, _, err := parse(strings.Fields(args)); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func TestTimes(t *testing.T) {
	var h times
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond} {
		if got := h.quantile(q); got < want || got > want*9/8 {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
	if h.max != time.Millisecond || h.quantile(1) != h.max {
		t.Errorf("at most %v, quantile 1 is %v", h.max, h.quantile(1))
	}
}
