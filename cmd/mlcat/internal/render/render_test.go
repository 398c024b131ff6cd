package render

import "testing"

func named(t *testing.T, name string) *Format {
	t.Helper()
	f, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// On a terminal, no line controls the terminal, but our own colors do.
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
			var s Lines
			r := New(&Style{Format: named(t, "tai64n"), Escape: escape})
			r.Render(&s, []byte(tt.in+"\n"))
			if got := string(s.Text); got != want+"\n" {
				t.Errorf("escape %v: %q, want %q", escape, got, want)
			}
		}
	}
	var s Lines
	r := New(&Style{Format: named(t, "utc"), Escape: true, Color: true})
	r.Render(&s, []byte("@400000006955b90a02193c67 \x1b\n"))
	if want := colorTime + "2026-01-01 00:00:00.035208295" + colorOff + ` \x1b` + "\n"; string(s.Text) != want {
		t.Errorf("colored: %q, want %q", s.Text, want)
	}
}

// JSON never controls a terminal: the control characters that JSON allows are escaped,
// too, and nothing is escaped twice.
func TestJSONEscape(t *testing.T) {
	var s Lines
	r := New(&Style{Format: named(t, "json"), Escape: true})
	r.Render(&s, []byte("\u009b2J \x7f \x9b \x1b \"\u00e9\"\n\x7f\n"))
	want := `{"line":"\u009b2J \u007f \ufffd \u001b \"é\"","base64":"wpsySiB/IJsgGyAiw6ki"}` + "\n" + `{"line":"\u007f"}` + "\n"
	if got := string(s.Text); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
