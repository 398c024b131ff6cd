package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"multilog/tai64n"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

// convertAll returns what a converter makes of text in pieces of the given size.
func convertAll(t testing.TB, tz string, text []byte, piece int) []byte {
	t.Helper()
	c := &converter{times: localtime.NewFormatter(localtime.New(tz, ""))}
	dst := make([]byte, filter.HeldBytes+100)
	var out, held []byte
	for len(text) > 0 {
		held = append(held, text[:min(piece, len(text))]...)
		text = text[min(piece, len(text)):]
		for len(held) > 0 {
			n, used := c.Convert(dst, held)
			out, held = append(out, dst[:n]...), held[used:]
			if used == 0 {
				break
			}
		}
		if len(held) > filter.HeldBytes {
			t.Fatalf("the converter left %d bytes, more than filter.HeldBytes", len(held))
		}
	}
	return out
}

const (
	label  = "@4000000040cebb173743e93c"
	when   = "2004-06-15 09:02:05.927197500"
	noDate = "@ffffffffffffffffffffffff"
)

func TestConvert(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", filter.HeldBytes/8)
	tests := []struct{ in, want string }{
		{"", ""},
		{"\n", "\n"},
		{"\n\n" + label + "\n\n", "\n\n" + when + "\n\n"},
		{label + " text\n" + label + "text " + label + "\n", when + " text\n" + when + "text " + label + "\n"},
		{"x" + label + "\n " + label + "\n", "x" + label + "\n " + label + "\n"},
		{label + label + "\n", when + label + "\n"},
		{label + "\x00\xff\n", when + "\x00\xff\n"},
		{label + " unfinished", when + " unfinished"},
		{strings.ToUpper(label) + " upper case\n" + label + "\n", strings.ToUpper(label) + " upper case\n" + when + "\n"},
		{"@4000000040cebb173743e93cDEF\n", when + "DEF\n"},
		{"@fedcba9876543210" + label[1:] + "\n", when + "\n"},
		{"@" + long + label[1:] + "\n" + label + "\n", when + "\n" + when + "\n"},
		{"@400000000000000affffffff\n", "1970-01-01 00:00:00.4294967295\n"},
		{"@3ffffff1886e090a00000000\n", "1-01-01 00:00:00.000000000\n"},
		{"@3ffffff1886e090900000000\n", "0-12-31 23:59:59.000000000\n"},
		{"@3ffffff0000000000000000b\n", "18446744073709551408-05-13 16:27:34.000000011\n"},
		// daemontools' tai64nlocal crashes on these.
		{"@ no digits\n" + label + "\n", "@ no digits\n" + when + "\n"},
		{"@\n@@" + label + "\n" + label + "\n", "@\n@@" + label + "\n" + when + "\n"},
		{label[:24] + " too short\n" + label + "\n", label[:24] + " too short\n" + when + "\n"},
		{label + "0\n" + label + "0 x\n", label + "0\n" + label + "0 x\n"},
		{noDate + " x\n" + noDate + "\n", noDate + " x\n" + noDate + "\n"},
		{"@abc" + noDate[1:] + "X\n", "@abc" + noDate[1:] + "X\n"},
		{"@" + long + "X\n" + label + "\n", "@89abcdef0123456789abcdefX\n" + when + "\n"},
		// A label at the end of the input may go on, so nothing is written for it.
		{"a\n" + label, "a\n"},
		{"a\n@", "a\n"},
	}
	for _, tt := range tests {
		for _, piece := range []int{1, 2, 7, 25, 26, 4096, 1 << 20} {
			if got := convertAll(t, "UTC", []byte(tt.in), piece); string(got) != tt.want {
				t.Errorf("%.200q in pieces of %d: %.200q, want %.200q", tt.in, piece, got, tt.want)
			}
		}
	}
}

func oracleOutput(t testing.TB, tz string, in []byte) []byte {
	t.Helper()
	cmd := oracleCommand(t, tz)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("TZ=%q %s: %v", tz, oracle, err)
	}
	return out
}

func checkAgainstOracle(t testing.TB, tz string, in []byte) {
	t.Helper()
	want := oracleOutput(t, tz, in)
	for _, piece := range []int{1, 100, 1 << 20} {
		if piece == 1 && len(in) > 1<<16 {
			continue
		}
		if got := convertAll(t, tz, in, piece); !bytes.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Fatalf("TZ=%q in pieces of %d differ at byte %d: %.80q, want %.80q", tz, piece, i, got[max(0, i-30):], want[max(0, i-30):])
		}
	}
}

func TestMailLogAgainstOracle(t *testing.T) {
	for _, tz := range []string{"", "Europe/Berlin", "JST-9", "EST5EDT,M3.2.0,M11.1.0", "right/UTC"} {
		checkAgainstOracle(t, tz, mailLog(1<<20))
	}
}

// labelled returns n random bytes or more in lines, many of which begin with a label.
func labelled(rnd *rand.Rand, n int) []byte {
	const digits = "0123456789abcdef"
	var text []byte
	for len(text) < n {
		switch rnd.IntN(12) {
		case 0:
			text = append(text, '\n')
		case 1, 2, 3:
			text = fmt.Appendf(text, "\n@%016x%08x ", 1<<62+uint64(rnd.Int64N(1<<rnd.IntN(50)+1)), rnd.Uint32())
		case 4:
			text = fmt.Appendf(text, "\n@%016x%08x", 1<<62-uint64(rnd.Int64N(1<<rnd.IntN(50)+1)), rnd.Uint32N(1e9))
		case 5:
			text = fmt.Appendf(text, "\n@%x%016x%08x\n", rnd.Uint64(), 1<<62+uint64(rnd.Uint32()), rnd.Uint32N(1e9))
		case 6:
			text = append(text, label...)
			if bytes.HasPrefix(text, []byte(label)) || bytes.HasSuffix(text, []byte("\n"+label)) {
				text = append(text, "."...)
			}
		case 7:
			for range rnd.IntN(200) {
				text = append(text, byte(rnd.Uint32N(256)))
			}
			text = bytes.ReplaceAll(text, []byte("\n@"), []byte("\n.@"))
			text = append(text, '.')
		case 8:
			text = append(text, '.')
			for range rnd.IntN(30) {
				text = append(text, digits[rnd.IntN(16)])
			}
		default:
			text = append(text, " some words that make a line long, as they are"[:rnd.IntN(47)]...)
		}
	}
	return append(bytes.TrimPrefix(bytes.TrimLeft(text, "\n"), []byte("@")), '\n')
}

func TestRandomTextAgainstOracle(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		t.Logf("seed %d", seed)
		checkAgainstOracle(t, []string{"Europe/Amsterdam", "<+0530>-5:30"}[seed%2], safe(labelled(rnd, 40_000)))
	}
}

// safe puts a dot before each label that has no date by our own reckoning, and removes
// a line that is only a label without its newline: the oracle would crash on them.
func safe(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, line := range lines {
		if !bytes.HasPrefix(line, []byte("@")) {
			continue
		}
		l, digits := shift(tai64n.Label{}, line[1:])
		if 1+digits == len(line) {
			lines[i] = nil
			continue
		}
		if _, ok := localtime.NewFormatter(localtime.New("UTC", "")).Append(nil, l); !ok {
			lines[i] = append([]byte("."), line...)
		}
	}
	return bytes.Join(lines, nil)
}

func FuzzAgainstOracle(f *testing.F) {
	zones := []string{"UTC", "Europe/Berlin", "JST-9", "NZST-12NZDT,M9.5.0,M4.1.0/3", "<+0530>-5:30"}
	f.Add(uint8(1), []byte(greeting))
	f.Add(uint8(2), []byte("@@\n@4000000040CEBB173743E93C\n"+label+label+"\nx"+label+"\n"+label[:20]+"\n"))
	f.Add(uint8(3), []byte(label+"\n@400000007fffffff00000000\n@3ffffff1886e090a00000000 x"))
	f.Add(uint8(4), bytes.Repeat([]byte(greeting), 50))
	f.Fuzz(func(t *testing.T, zone uint8, in []byte) {
		checkAgainstOracle(t, zones[int(zone)%len(zones)], safe(in))
	})
}

func TestOneByteReader(t *testing.T) {
	cmd := command("UTC")
	cmd.Stdin = iotest.OneByteReader(strings.NewReader(greeting + "text\n"))
	out, err := cmd.Output()
	if want := when + " hello\ntext\n"; string(out) != want || err != nil {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}
