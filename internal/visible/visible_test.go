package visible

import "testing"

func TestLine(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain\ttext, \u00e9\xff", "plain\ttext, \u00e9\xff"},
		{"a\x1b[31mb\r\n\x00\x7f", `a\x1b[31mb\x0d\x0a\x00\x7f`},
		{"\u009b2J", `\x9b2J`},
		{"one byte \x9b2J, \xe2\x9b2J", "one byte \\x9b2J, \xe2\\x9b2J"},
	} {
		if got := string(Line([]byte(tt.in))); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A name can begin neither a new line nor a new cell of a table.
func TestText(t *testing.T) {
	if got, want := Text("a\tb\n\u00e9"), `a\x09b\x0aé`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUTF8(t *testing.T) {
	if got, want := UTF8("a\xff\x1b\u009b\ufffd\xe2\x9b"), "a\\xff\x1b\u009b\ufffd\\xe2\\x9b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
