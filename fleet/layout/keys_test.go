package layout

import (
	"strings"
	"testing"
)

const (
	labelA = "@400000006b49d20a06cb8080"
	labelB = "@400000006b49d20a0badcafe"
)

var log = Log{Prefix: "some/where", Host: "mx1", Name: "smtpd"}

func TestKeys(t *testing.T) {
	id, ok := IDOf([]byte(labelA + " a line\n"))
	if !ok {
		t.Fatal("no ID")
	}
	dir := "some/where/mx1/smtpd/"
	for got, want := range map[string]string{
		log.File(labelA + ".s.zst"):       dir + labelA + ".s.zst",
		log.File(labelA + ".u"):           dir + labelA + ".u",
		log.File(labelA + ".\x1b[2J/../"): dir + labelA + ".s",
		log.Gap(labelA):                   dir + "gap/" + labelA + ".json",
		log.GapBetween(labelA, labelB):    dir + "gap/" + labelA + "-" + labelB + ".json",
		log.Piece(id, labelB, 1234):       dir + "live/" + string(id) + "/" + labelB + ".0000001234.zst",
		log.Done(id, labelB):              dir + "live/" + string(id) + "." + labelB,
		Log{Host: "h", Name: "l"}.Dir():   "h/l/",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if p, ok := log.ParsePiece(log.Piece(id, labelB, 1234)); !ok || p.First != labelB || p.Off != 1234 {
		t.Errorf("the key of a piece says %+v, %v", p, ok)
	}
	if got, label, ok := log.ParseLive(log.Done(id, labelB)); !ok || got != id || label != labelB {
		t.Errorf("the key of an end says %s, %s, %v", got, label, ok)
	}
	if got, label, ok := log.ParseLive(log.Pieces(id)); !ok || got != id || label != "" {
		t.Errorf("the beginning of pieces' keys says %s, %s, %v", got, label, ok)
	}
	for _, key := range []string{log.Live(), log.Live() + "x", log.Live() + string(id), log.Live() + string(id) + ".x",
		log.Pieces(id) + labelA + ".zst", log.Pieces(id) + labelA + ".-1.zst", log.Pieces(id) + labelA + ".12", "else" + string(id) + "/"} {
		if p, ok := log.ParsePiece(key); ok {
			t.Errorf("%s is taken for a piece: %+v", key, p)
		}
		if _, label, ok := log.ParseLive(key); ok && label != "" {
			t.Errorf("%s is taken for an end of %s", key, label)
		}
	}
}

// Lines that differ have different IDs, also with one label; lines without a label
// have none.
func TestID(t *testing.T) {
	a, _ := IDOf([]byte(labelA + " a\n"))
	b, _ := IDOf([]byte(labelA + " b\n"))
	if a == b || a.Label() != labelA {
		t.Errorf("%s and %s", a, b)
	}
	if id, ok := IDOf([]byte("a line\n")); ok {
		t.Errorf("ID %s of a line without a label", id)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"mx1", "mx1.example.org", "qmail-send", "getty@tty1"} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "a b", "-x", "\x1b[2J", "ä", strings.Repeat("x", 129)} {
		if CheckName(name) == nil {
			t.Errorf("%q passes", name)
		}
	}
}

func TestMeta(t *testing.T) {
	file := FileMeta{First: labelA, Last: labelB, Lines: 3, Bytes: 99, SHA256: "ab", Before: labelA}
	if got := ParseFileMeta(file.Map()); got != file {
		t.Errorf("%+v", got)
	}
	piece := PieceMeta{To: 1 << 33, Lines: 2, Last: labelB}
	if got := ParsePieceMeta(piece.Map()); got != piece {
		t.Errorf("%+v", got)
	}
	gap := Gap{Host: "h", Log: "l", File: labelA + ".s", Bytes: 7, Why: "it was so"}
	if got, err := ParseGap(gap.Encode()); err != nil || got != gap {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		pos, off int64
		data     string
		part     string
		ok       bool
	}{{0, 0, "abc", "abc", true}, {3, 0, "abc", "", true}, {9, 0, "abc", "", true}, {2, 1, "abc", "bc", true}, {0, 1, "abc", "", false}} {
		if part, ok := Fit(c.pos, c.off, []byte(c.data)); string(part) != c.part || ok != c.ok {
			t.Errorf("%+v: %q, %v", c, part, ok)
		}
	}
}
