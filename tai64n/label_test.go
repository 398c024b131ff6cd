package tai64n

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var known = []struct {
	text string
	when string // RFC 3339
}{
	{"@4000000040cebb173743e93c", "2004-06-15T09:02:05.9271975Z"},
	{"@400000000000000a00000000", "1970-01-01T00:00:00Z"},
	{"@400000000000000a3b9ac9ff", "1970-01-01T00:00:00.999999999Z"},
	{"@40000000000000093b9ac9ff", "1969-12-31T23:59:59.999999999Z"},
	{"@3fffffffffffffff00000000", "1969-12-31T23:59:49Z"},
	{"@400000007fffffff00000001", "2038-01-19T03:13:57.000000001Z"},
	{"@40000000ffffffff00000000", "2106-02-07T06:28:05Z"},
	{"@3ffffff1886e090a00000000", "0001-01-01T00:00:00Z"},
}

func TestKnownLabels(t *testing.T) {
	for _, k := range known {
		when, err := time.Parse(time.RFC3339Nano, k.when)
		if err != nil {
			t.Fatal(err)
		}
		l, ok := ParseString(k.text)
		if !ok || !l.Time().Equal(when) || l.Time().Location() != time.UTC {
			t.Errorf("ParseString(%s).Time() = %v, %v, want %v", k.text, l.Time(), ok, when)
		}
		if got := Of(when).String(); got != k.text {
			t.Errorf("Of(%v) = %s, want %s", when, got, k.text)
		}
	}
}

func TestFiveDigitYear(t *testing.T) {
	when := time.Date(12345, 6, 7, 8, 9, 10, 11, time.UTC)
	l, ok := ParseString(Of(when).String())
	if got := l.Time(); !ok || !got.Equal(when) || got.Year() != 12345 {
		t.Errorf("the label of %v comes back as %v, %v", when, got, ok)
	}
}

func TestUnixNano(t *testing.T) {
	for _, ns := range []int64{
		0, 1, -1, 999_999_999, 1_000_000_000, -999_999_999, -1_000_000_000, -1_000_000_001,
		1087290125927197500, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1,
	} {
		l := FromUnixNano(ns)
		if want := Of(time.Unix(0, ns)); l != want {
			t.Errorf("FromUnixNano(%d) = %v, want %v", ns, l, want)
		}
		if got := l.UnixNano(); got != ns {
			t.Errorf("FromUnixNano(%d).UnixNano() = %d", ns, got)
		}
	}
}

func TestUnixNanoSaturates(t *testing.T) {
	least, greatest := FromUnixNano(math.MinInt64), FromUnixNano(math.MaxInt64)
	tests := []struct {
		label Label
		want  int64
	}{
		{Label{}, math.MinInt64},
		{Label{least.Sec, least.Nano - 1}, math.MinInt64},
		{Label{least.Sec - 4, least.Nano + 4_000_000_001}, math.MinInt64 + 1},
		{Label{least.Sec - 5, math.MaxUint32}, math.MinInt64},
		{Label{least.Sec - 1000, 0}, math.MinInt64},
		{greatest.Next(), math.MaxInt64},
		{Label{greatest.Sec, math.MaxUint32}, math.MaxInt64},
		{Label{greatest.Sec + 1, 0}, math.MaxInt64},
		{Label{1<<63 - 1, 0}, math.MaxInt64},
		{Label{UnixEpoch - 1, math.MaxUint32}, math.MaxUint32 - 1_000_000_000},
		{Label{UnixEpoch, math.MaxUint32}, math.MaxUint32},
	}
	for _, tt := range tests {
		if got := tt.label.UnixNano(); got != tt.want {
			t.Errorf("%v.UnixNano() = %d, want %d", tt.label, got, tt.want)
		}
	}
}

func TestNext(t *testing.T) {
	tests := []struct{ label, want Label }{
		{Label{5, 0}, Label{5, 1}},
		{Label{5, 0xff}, Label{5, 0x100}},
		{Label{5, 999_999_998}, Label{5, 999_999_999}},
		{Label{5, 999_999_999}, Label{6, 0}},
		{Label{5, math.MaxUint32}, Label{6, 0}},
		{Label{math.MaxUint32, 999_999_999}, Label{math.MaxUint32 + 1, 0}},
	}
	for _, tt := range tests {
		if got := tt.label.Next(); got != tt.want {
			t.Errorf("%v.Next() = %v, want %v", tt.label, got, tt.want)
		}
	}
}

func TestOrderIsThatOfTexts(t *testing.T) {
	var labels []Label
	for _, sec := range []uint64{0, 9, 1<<62 - 1, 1 << 62, 1<<62 + 0xabcdef, math.MaxUint64} {
		for _, nano := range []uint32{0, 9, 10, 999_999_999, math.MaxUint32} {
			labels = append(labels, Label{sec, nano})
		}
	}
	for _, l := range labels {
		for _, m := range labels {
			want := strings.Compare(l.String(), m.String())
			if got := l.Compare(m); got != want {
				t.Errorf("%v.Compare(%v) = %d, want %d", l, m, got, want)
			}
			if got := l.Before(m); got != (want < 0) {
				t.Errorf("%v.Before(%v) = %v", l, m, got)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const good = "@4000000040cebb173743e93c"
	bad := []string{
		"", "@", good[:Len-1], good[1:], " " + good, "@" + good, strings.ToUpper(good), "\x00" + good[1:],
	}
	for i := 1; i < Len; i++ {
		for _, c := range []byte{0, ' ', '/', ':', '@', 'A', 'F', '`', 'g', 'q', 'w', 0x7f, '0' | 0x80, 'a' | 0x80, 0xff} {
			bad = append(bad, good[:i]+string([]byte{c})+good[i+1:])
		}
	}
	for _, text := range bad {
		if l, ok := ParseString(text); ok || l != (Label{}) {
			t.Errorf("ParseString(%q) = %v, %v", text, l, ok)
		}
		if l, ok := Parse([]byte(text)); ok || l != (Label{}) {
			t.Errorf("Parse(%q) = %v, %v", text, l, ok)
		}
	}
}

func TestParseLooksNoFurther(t *testing.T) {
	for _, after := range []string{"", ".s", ".s.zst", " a line\n", "0"} {
		if l, ok := ParseString("@4000000040cebb173743e93c" + after); !ok || l != (Label{0x4000000040cebb17, 0x3743e93c}) {
			t.Errorf("with %q after it: %v, %v", after, l, ok)
		}
	}
}

func TestPutStoresLenBytes(t *testing.T) {
	dst := bytes.Repeat([]byte{'.'}, Len+2)
	Label{0x0123456789abcdef, 0xfedcba98}.Put(dst)
	if want := "@0123456789abcdeffedcba98.."; string(dst) != want {
		t.Errorf("Put stored %q, want %q", dst, want)
	}
	if got := string(Label{1, 2}.Append([]byte("x"))); got != "x@000000000000000100000002" {
		t.Errorf("Append: %q", got)
	}
}

func FuzzLabel(f *testing.F) {
	for _, k := range known {
		f.Add([]byte(k.text))
	}
	f.Add([]byte("@4000000040CEBB173743E93C"))
	f.Add(slices.Repeat([]byte("@"), Len))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, ok := Parse(text)
		sec, nano, want := naive(text)
		if ok != want {
			t.Fatalf("Parse(%q): %v, want %v", text, ok, want)
		}
		if !ok {
			return
		}
		if l.Sec != sec || l.Nano != nano {
			t.Fatalf("Parse(%q) = %#v, want %d, %d", text, l, sec, nano)
		}
		if l.String() != string(text[:Len]) {
			t.Fatalf("%q comes back as %q", text[:Len], l)
		}
		if n := l.Next(); n.Sec > 0 && (!l.Before(n) || n.Nano >= nanosPerSecond) {
			t.Fatalf("%v.Next() = %v", l, n)
		}
		if l.Nano < nanosPerSecond && Of(l.Time()) != l {
			t.Fatalf("%v comes back from Time as %v", l, Of(l.Time()))
		}
	})
}

// naive is Parse written with fmt.
func naive(text []byte) (sec uint64, nano uint32, ok bool) {
	if len(text) < Len || text[0] != '@' || strings.Trim(string(text[1:Len]), "0123456789abcdef") != "" {
		return 0, 0, false
	}
	n, err := fmt.Sscanf(string(text[1:Len]), "%16x%8x", &sec, &nano)
	return sec, nano, n == 2 && err == nil
}

func BenchmarkPut(b *testing.B) {
	var dst [Len]byte
	l := Label{0x4000000040cebb17, 0x3743e93c}
	b.SetBytes(Len)
	for b.Loop() {
		l.Put(dst[:])
		l.Nano++
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte("@4000000040cebb173743e93c hello")
	b.SetBytes(Len)
	for b.Loop() {
		if _, ok := Parse(text); !ok {
			b.Fatal("no label")
		}
	}
}
