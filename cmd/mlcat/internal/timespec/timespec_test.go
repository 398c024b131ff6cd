package timespec

import (
	"strings"
	"testing"
	"time"

	"multilog/tai64n"
)

// berlin returns a clock in Berlin, where clocks were set forward on 2026-03-29 at 02:00
// and back on 2026-10-25 at 03:00.
func berlin(t testing.TB) Clock {
	place, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data: ", err)
	}
	return Clock{
		Now: time.Date(2026, 11, 24, 14, 30, 15, 500, place),
		Offset: func(unix int64) int64 {
			_, offset := time.Unix(unix, 0).In(place).Zone()
			return int64(offset)
		},
		Abbreviations: map[string]int{"CET": 3600, "CEST": 7200},
	}
}

func TestTimes(t *testing.T) {
	c := berlin(t)
	tests := []struct{ text, want string }{
		{"now", "2026-11-24T13:30:15.0000005Z"},
		{"today", "2026-11-23T23:00:00Z"},
		{"Yesterday", "2026-11-22T23:00:00Z"},
		{"tomorrow", "2026-11-24T23:00:00Z"},
		{"yesterday 03:00", "2026-11-23T02:00:00Z"},
		{"Today 13:05:06.5 UTC", "2026-11-24T13:05:06.5Z"},
		{"tomorrow UTC", "2026-11-25T00:00:00Z"},
		{"today 12:00 Pacific/Auckland", "2026-11-24T23:00:00Z"}, // where it is tomorrow
		{"2026-11-24", "2026-11-23T23:00:00Z"},
		{"2026-11-24 13:05", "2026-11-24T12:05:00Z"},
		{"2026-11-24 13:05:06.123456789", "2026-11-24T12:05:06.123456789Z"},
		{"2026-11-24T13:05:06.5", "2026-11-24T12:05:06.5Z"},
		{"2026-11-24T13:05:06Z", "2026-11-24T13:05:06Z"},
		{"2026-11-24 13:05 UTC", "2026-11-24T13:05:00Z"},
		{"2026-11-24 13:05+05:30", "2026-11-24T07:35:00Z"},
		{"2026-11-24 13:05 -0800", "2026-11-24T21:05:00Z"},
		{"2026-11-24 13:05 Asia/Tokyo", "2026-11-24T04:05:00Z"},
		{"2026-11-24 UTC", "2026-11-24T00:00:00Z"},
		{"Tue 2026-11-24 13:05", "2026-11-24T12:05:00Z"},
		{"13:05", "2026-11-24T12:05:00Z"},
		{"26-11-24", "2026-11-23T23:00:00Z"},
		{"tuesday", "2026-11-23T23:00:00Z"},
		{"Mon", "2026-11-22T23:00:00Z"},
		{"wednesday 03:00", "2026-11-18T02:00:00Z"},
		{"noon", "2026-11-24T11:00:00Z"},
		{"yesterday noon", "2026-11-23T11:00:00Z"},
		{"noon yesterday", "2026-11-23T11:00:00Z"},
		{"midnight", "2026-11-23T23:00:00Z"},
		{"3pm", "2026-11-24T14:00:00Z"},
		{"12am", "2026-11-23T23:00:00Z"},
		{"12:30 AM", "2026-11-23T23:30:00Z"},
		{"1:05:06 PM", "2026-11-24T12:05:06Z"},
		{"1:05pm UTC", "2026-11-24T13:05:00Z"},
		{"Nov 23 12:00", "2026-11-23T11:00:00Z"},
		{"23 nov", "2026-11-22T23:00:00Z"},
		{"Nov 28 12:00", "2026-11-28T11:00:00Z"},
		{"Dec 24 12:00", "2025-12-24T11:00:00Z"},
		{"December 24, 2026 12:00", "2026-12-24T11:00:00Z"},
		{"Tue Nov 24 13:05:06 CET 2026", "2026-11-24T12:05:06Z"},
		{"Tue Nov 24 01:05:06 PM CET 2026", "2026-11-24T12:05:06Z"},
		{"Tue, 24 Nov 2026 13:05:06 +0100", "2026-11-24T12:05:06Z"},
		{"2026-11-24T13:05:06,500000000+01:00", "2026-11-24T12:05:06.5Z"},
		{"2026-11-24_13:05:06.5", "2026-11-24T12:05:06.5Z"},
		{"2026-07-01 12:00 CET", "2026-07-01T11:00:00Z"}, // it means its offset
		{"2026-11-24 12:00 cest", "2026-11-24T10:00:00Z"},
		{"2026-11-24 12:00 Japan", "2026-11-24T03:00:00Z"},
		{"1790000000", "2026-09-21T14:13:20Z"},
		{"1790000000.5", "2026-09-21T14:13:20.5Z"},
		{"1h", "2026-11-24T12:30:15.0000005Z"},
		{"1h 30min", "2026-11-24T12:00:15.0000005Z"},
		{"5s left", "2026-11-24T13:30:20.0000005Z"},
		{"3:05:07", "2026-11-24T02:05:07Z"},
		{"2026-07-01 12:00", "2026-07-01T10:00:00Z"},
		{"2026-10-25 02:30", "2026-10-25T00:30:00Z"}, // comes twice: the first
		{"2026-03-29 02:30", "2026-03-29T01:30:00Z"}, // skipped: half an hour after 02:00
		{"-15min", "2026-11-24T13:15:15.0000005Z"},
		{"-15m", "2026-11-24T13:15:15.0000005Z"},
		{"-1h30min", "2026-11-24T12:00:15.0000005Z"},
		{"- 1 h 30 min", "2026-11-24T12:00:15.0000005Z"},
		{"-2d", "2026-11-22T13:30:15.0000005Z"},
		{"-1M", "2026-10-25T03:00:15.0000005Z"},
		{"-1.5s", "2026-11-24T13:30:13.5000005Z"},
		{"-90", "2026-11-24T13:28:45.0000005Z"},
		{"+1w", "2026-12-01T13:30:15.0000005Z"},
		{"2 hours ago", "2026-11-24T11:30:15.0000005Z"},
		{"1M ago", "2026-10-25T03:00:15.0000005Z"},
		{"1 Min Ago", "2026-11-24T13:29:15.0000005Z"},
		{"@0", "1970-01-01T00:00:00Z"},
		{"@1790000000.25", "2026-09-21T14:13:20.25Z"},
		{"@-1.5", "1969-12-31T23:59:58.5Z"},
		{"@4000000040cebb173743e93c", "2004-06-15T09:02:05.9271975Z"},
		{"@4000000040cebb173743e93c.s", "2004-06-15T09:02:05.9271975Z"},
	}
	for _, tt := range tests {
		l, literal, err := c.Parse(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if got := l.Time().Format(time.RFC3339Nano); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.text, got, tt.want)
		}
		if literal != strings.HasPrefix(tt.text, "@4000") {
			t.Errorf("%q: literal = %v", tt.text, literal)
		}
	}
}

func TestWhatIsNoTime(t *testing.T) {
	c := berlin(t)
	for _, text := range []string{
		"", " ", "yester", "24:00", "13", "13:60", "1:2:3:4", "2026-13-01", "2026-02-30", "2026-11", "Nov", "Nov 31", "24", "90", "13pm", "0am", "13:05 pm", "Nov 24 25", "noon noon", "now now", "today tomorrow", "Tue Wed", "Nov 24 2026 2027", "13:05 14:05", "2026-11-24T", "UTC", "+01:00 UTC",
		"13:05 Nowhere/City", "-", "-5parsecs", "- min", "ago", "@", "@x", "@40000000zz", "2026-11-24 13:05 UTC UTC",
		"13:05.5", "2026-11-24 13:05Z UTC", "99999999999999999999y ago", "Mon 2026-11-24", "13:05 EST", "13:05 PST8PDT UTC", "-1e9", "13:05 Local", "+1:00",
	} {
		if l, _, err := c.Parse(text); err == nil {
			t.Errorf("%q is accepted as %v", text, l.Time())
		}
	}
}

// An error says what is wrong with the time.
func TestErrors(t *testing.T) {
	c := berlin(t)
	for text, want := range map[string]string{
		"yesteryear":          `"yesteryear": not a time like`,
		"":                    `"": an empty text is no time`,
		"2026-11-24 13:05 oh": `"2026-11-24 13:05 oh": no such time zone: "oh"`,
		"today 13:05 UTC x":   `"today 13:05 UTC x": understood "today 13:05 UTC", but not "x"`,
		"yesterday 25:00":     `"yesterday 25:00": understood "yesterday", but not "25:00"`,
		"Nov 24 25:00":        `"Nov 24 25:00": understood "Nov 24", but not "25:00"`,
		"Mon 2026-11-24":      `"Mon 2026-11-24": 2026-11-24 is a Tuesday`,
		"2026-02-30":          `"2026-02-30": there is no day 2026-02-30`,
		"13:05 EST":           `"13:05 EST": "EST" is no abbreviation of the local time zone: give the offset`,
		"-5parsecs":           `"-5parsecs": no such unit of time: "parsecs"`,
		"13:05 Nowhere/City":  `"13:05 Nowhere/City": no such time zone: "Nowhere/City"`,
		"-147y":               `"-147y": more than 146 years`,
		"999999999999999 ago": `"999999999999999 ago": more than 146 years`,
	} {
		if _, _, err := c.Parse(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, _, err := c.Parse("-146y"); err != nil {
		t.Error(err)
	}
}

// Any text is a time or an error, and a time that is printed in full can be parsed
// again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"now", "-1h30min", "2026-11-24 13:05:06.123 UTC", "@4000000040cebb173743e93c", "@17.5", "Mon 12:00 Asia/Tokyo", "3w ago"} {
		f.Add(text)
	}
	c := berlin(f)
	f.Fuzz(func(t *testing.T, text string) {
		l, literal, err := c.Parse(text)
		if err != nil || literal {
			return
		}
		if y := l.Time().Year(); y < 1000 || y > 9999 {
			return
		}
		back, _, err := c.Parse(l.Time().Format("2006-01-02 15:04:05.999999999Z07:00"))
		if err != nil || back != l {
			t.Errorf("%q is %v, read back as %v, %v", text, l.Time(), back.Time(), err)
		}
		if again, ok := tai64n.ParseString(l.String()); !ok || again != l {
			t.Errorf("%q has no proper label: %v", text, l)
		}
	})
}
