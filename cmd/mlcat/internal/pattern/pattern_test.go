package pattern

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const stampLen = 4

// stamp returns the length of a line's head, which in these tests is '@' and three
// more bytes, or nothing.
func stamp(line []byte) int {
	if len(line) >= stampLen && line[0] == '@' && bytes.IndexByte(line[:stampLen], '\n') < 0 {
		return stampLen
	}
	return 0
}

// found returns the lines of block that a searcher finds.
func found(p *Pattern, block []byte) []string {
	var lines []string
	s := p.NewSearcher(stamp)
	s.Start(block)
	for from := 0; ; {
		start, end, ok := s.Next(block, from)
		if !ok {
			return lines
		}
		lines = append(lines, string(block[start:end]))
		from = end + 1
	}
}

// wanted returns the lines of block that package regexp matches, one by one.
func wanted(re *regexp.Regexp, block []byte) []string {
	var lines []string
	for line := range bytes.Lines(block) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if re.Match(line[stamp(line):]) {
			lines = append(lines, string(line))
		}
	}
	return lines
}

var expressions = []string{
	`a`, `ab`, `abc`, `b+c`, `a.c`, `a.*c`, `^a`, `a$`, `^$`, `^`, `$`, `^abc$`, `(^|a)$`, `a|b|cc`,
	`abc|bca`, `a{2,3}b`, `[^a]b`, `[a-c]+$`, `\bab\b`, `\Ba`, `(?i)ABC`, `(?i)k`, `(?i)ks`, `(?i)ab|ca`,
	`é`, `a.é`, `[^b]é`, `(?i)É`, `.{3}c`, `(a|b)*c`, `x?y?a`, `\x{FFFD}`, `\w+ \w+`, `\S@`, `@`, `^.$`, `(?s)a.b`,
	`(ab?)+c`, `[[:alpha:]]b`, `(?:)`, `[^\x00-\x{10FFFF}]`, `ab.*ba`, `(?i:a)b`, `a\z`, `\Aab`,
}

func randomBlock(r *rand.Rand) []byte {
	const alphabet = "aabbcckKsS@ \n\né\xffABCxy\u212a"
	letters := strings.Split(alphabet, "")
	var b bytes.Buffer
	for range r.IntN(200) {
		b.WriteString(letters[r.IntN(len(letters))])
	}
	return b.Bytes()
}

func TestSearchAsRegexp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, expr := range expressions {
		for _, fold := range []bool{false, true} {
			opt := Options{Case: CaseSensitive}
			if fold {
				opt.Case = IgnoreCase
			}
			p, err := Compile([]string{expr}, opt)
			if err != nil {
				t.Fatal(err)
			}
			source := expr
			if fold {
				source = "(?i:" + expr + ")"
			}
			re := regexp.MustCompile(source)
			for range 60 {
				block := randomBlock(r)
				if diff := cmp.Diff(wanted(re, block), found(p, block)); diff != "" {
					t.Fatalf("%s in %q (-want +got):\n%s", source, block, diff)
				}
			}
		}
	}
}

func TestSeveralTextsAndFixedOnes(t *testing.T) {
	block := []byte("one a.c\ntwo abc\n@abcthree\nfour A.C\nfive (x\n")
	tests := []struct {
		texts []string
		opt   Options
		want  []string
	}{
		{[]string{"a.c"}, Options{Case: CaseSensitive}, []string{"one a.c", "two abc"}},
		{[]string{"a.c"}, Options{}, []string{"one a.c", "two abc", "four A.C"}},
		{[]string{"a.C"}, Options{}, nil},
		{[]string{"A.C", "abc"}, Options{}, []string{"two abc", "four A.C"}},
		{[]string{"a.c"}, Options{Fixed: true, Case: CaseSensitive}, []string{"one a.c"}},
		{[]string{"o", "a.c"}, Options{All: true}, []string{"one a.c", "two abc", "four A.C"}},
		{[]string{"[ou]", "A", `\.`}, Options{All: true}, []string{"four A.C"}},
		{[]string{"x", "five"}, Options{All: true}, []string{"five (x"}},
		{[]string{"x", "one"}, Options{All: true}, nil},
		{[]string{"a.c"}, Options{Fixed: true, Case: IgnoreCase}, []string{"one a.c", "four A.C"}},
		{[]string{"(x", "tw"}, Options{Fixed: true}, []string{"two abc", "five (x"}},
		{[]string{"^f", "^three"}, Options{}, []string{"@abcthree", "four A.C", "five (x"}},
		{[]string{""}, Options{Fixed: true}, []string{"one a.c", "two abc", "@abcthree", "four A.C", "five (x"}},
	}
	for _, tt := range tests {
		p, err := Compile(tt.texts, tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, found(p, block)); diff != "" {
			t.Errorf("%q, %+v (-want +got):\n%s", tt.texts, tt.opt, diff)
		}
	}
}

// Capitals that are no letters of the text do not make a pattern mind case.
func TestSmartCase(t *testing.T) {
	for text, folds := range map[string]bool{
		"abc": true, "aBc": false, "É": false, "é": true, `\S+ a`: true, `\pL\p{Greek}\P{Lu}a`: true, `\x4A\x{4A}a`: true,
		`(?P<Name>a)`: true, `(?<Name>a)`: true, `(?U)a+`: true, `(?i)A`: false, "123": false, `\d+`: false, `\QaB\E`: false, `a\B`: true,
	} {
		if got := SmartCase.folds(text, false); got != folds {
			t.Errorf("%s: %v", text, got)
		}
	}
	if SmartCase.folds(`\S`, true) || SmartCase.folds("A", true) || !SmartCase.folds("a(", true) {
		t.Error("fixed texts")
	}
}

func TestBadPatternsAreNamed(t *testing.T) {
	for _, text := range []string{"a(b", "a\nb", "[z-a]", "*", "a)(?:b"} {
		if _, err := Compile([]string{text}, Options{}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("Compile(%q): %v", text, err)
		}
	}
}

// An automaton that outgrows its table starts over, and in the end gives up. Neither
// changes the lines that are found.
func TestExplodingAutomaton(t *testing.T) {
	const expr = `a.{18}b`
	p, err := Compile([]string{expr}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	block := make([]byte, 400_000)
	for i := range block {
		block[i] = "ac"[r.IntN(2)]
		if i%1000 == 999 {
			block[i] = '\n'
		}
	}
	copy(block[200_000:], "a123456789012345678b")
	s := p.NewSearcher(stamp)
	s.Start(block)
	var lines []string
	for from := 0; ; {
		start, end, ok := s.Next(block, from)
		if !ok {
			break
		}
		lines = append(lines, string(block[start:end]))
		from = end + 1
	}
	if s.dfa.restarts == 0 {
		t.Error("the automaton fits its table, so this tests nothing")
	}
	if diff := cmp.Diff(wanted(regexp.MustCompile(expr), block), lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzSearch(f *testing.F) {
	for _, expr := range expressions {
		f.Add(expr, []byte("abc\n@abcaab\n\nxé\xffy"))
	}
	f.Fuzz(func(t *testing.T, expr string, block []byte) {
		if len(expr) > 30 || len(block) > 1000 {
			return
		}
		for kase, source := range map[Case]string{CaseSensitive: expr, IgnoreCase: "(?i:" + expr + ")"} {
			p, err := Compile([]string{expr}, Options{Case: kase})
			if err != nil {
				return
			}
			if diff := cmp.Diff(wanted(regexp.MustCompile(source), block), found(p, block)); diff != "" {
				t.Errorf("%q in %q (-want +got):\n%s", source, block, diff)
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var block []byte
	for len(block) < 1<<20 {
		block = fmt.Appendf(block, "@40000000%08x%08x delivery %d: deferred: Connected_to_10.0.%d.%d_but_sender_was_rejected./\n",
			r.Uint32(), r.Uint32(), r.IntN(1e6), r.IntN(256), r.IntN(256))
	}
	head := func(line []byte) int { return min(26, len(line)) }
	for _, bb := range []struct{ name, expr string }{
		{"rare", `no such text`}, {"common", `rejected`}, {"fold", `(?i)No such text`},
		{"set", `fooz|barz|quuz`}, {"class", `[A-Z][0-9]{4}x`}, {"dot", `deliv.*10\.0\.77\.`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p, err := Compile([]string{bb.expr}, Options{Case: CaseSensitive})
			if err != nil {
				b.Fatal(err)
			}
			s := p.NewSearcher(head)
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				s.Start(block)
				for from := 0; ; {
					_, end, ok := s.Next(block, from)
					if !ok {
						break
					}
					from = end + 1
				}
			}
		})
	}
}
