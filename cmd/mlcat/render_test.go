package main

import (
	"testing"

	"multilog/tai64n/localtime"
)

// On a terminal nothing that is logged steers it, and our own colours still do.
func TestEscape(t *testing.T) {
	tests := []struct{ in, want string }{
		{"@400000006955b90a02193c67 plain\ttext, \u00e9\xff", "@400000006955b90a02193c67 plain\ttext, \u00e9\xff"},
		{"@400000006955b90a02193c67 a\x1b[31mb\r\x00\x7f", `@400000006955b90a02193c67 a\x1b[31mb\x0d\x00\x7f`},
		{"no label \u009b2J", `no label \x9b2J`},
		{"one byte \x9b2J, \xe2\x9b2J", "one byte \\x9b2J, \xe2\\x9b2J"},
	}
	for _, tt := range tests {
		for _, escape := range []bool{true, false} {
			want := tt.in
			if escape {
				want = tt.want
			}
			var s shown
			r := newRenderer(&style{output: outTAI, escape: escape, zone: localtime.New("UTC0", "")})
			r.lines(&s, []byte(tt.in+"\n"))
			if got := string(s.text); got != want+"\n" {
				t.Errorf("escape %v: %q, want %q", escape, got, want)
			}
		}
	}
	var s shown
	r := newRenderer(&style{output: outUTC, escape: true, color: true, zone: localtime.New("UTC0", "")})
	r.lines(&s, []byte("@400000006955b90a02193c67 \x1b\n"))
	if want := colorTime + "2026-01-01 00:00:00.035208295" + colorOff + ` \x1b` + "\n"; string(s.text) != want {
		t.Errorf("coloured: %q, want %q", s.text, want)
	}
}

// In JSON it does so nowhere: what JSON lets stand is escaped, too.
func TestJSONEscape(t *testing.T) {
	var s shown
	r := newRenderer(&style{output: outJSON, zone: localtime.New("UTC0", "")})
	r.lines(&s, []byte("\u009b2J \x7f \x9b \x1b \"\u00e9\"\n\x7f\n"))
	want := `{"line":"\u009b2J \u007f \ufffd \u001b \"é\""}` + "\n" + `{"line":"\u007f"}` + "\n"
	if got := string(s.text); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
