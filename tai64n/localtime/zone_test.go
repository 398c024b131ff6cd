package localtime

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multilog/internal/test/logger"
	"multilog/tai64n"
)

// Many files of the system's zone directory give the same times as with the C
// library.
func TestZoneFilesAgainstOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("some 300 zones: not with -short")
	}
	logger.Need(t, oracle)
	var names []string
	for _, area := range []string{"Africa", "America", "Europe", "right/Europe"} {
		files, err := filepath.Glob(filepath.Join(zoneDir, area, "*"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, files...)
	}
	if len(names) == 0 {
		t.Skipf("no zone files in %s", zoneDir)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, tz := range names {
		z := New(tz, "")
		labels := instants(z, rnd)
		// Half of them, so that the test takes seconds and not minutes.
		compare(t, z, tz, "", labels[:len(labels)/2])
	}
}

// tzdir makes a zone directory with the given files and returns its path.
func tzdir(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func systemZone(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(zoneDir, name))
	if err != nil {
		t.Skip(err)
	}
	return data
}

// A rule that states no changes uses those of the file posixrules.
func TestUsualChangesAgainstOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("64 zones: not with -short")
	}
	logger.Need(t, oracle)
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Asia/Tehran", "Europe/Dublin", "Etc/UTC", "right/Europe/Paris", "zone.tab"} {
		dir := tzdir(t, map[string][]byte{"posixrules": systemZone(t, name)})
		for _, tz := range []string{"FOO5BAR", "FOO-1BAR", "FOO-1BAR-3,", "FOO5BAR5", "FOO3:10BAR1", "FOO5BAR,M3.2.0,M11.1.0", "Europe/Berlin", ""} {
			z := zoneFor(t, tz, dir)
			compare(t, z, tz, dir, instants(z, rnd))
		}
	}
	dir := tzdir(t, nil)
	z := zoneFor(t, "FOO5BAR", dir)
	compare(t, z, "FOO5BAR", dir, instants(z, rnd))
}

// A tzif builds the content of a zone file.
type tzif struct {
	version     byte
	transitions []int64
	kindOf      []byte
	kinds       []kind
	leaps       []leap
	flags       int // the number of kinds that have flags
	footer      string
}

func (f tzif) data(width int) []byte {
	b := append([]byte(tzifMagic), f.version)
	b = append(b, make([]byte, 15)...)
	const names = "ABC\x00"
	for _, n := range []int{f.flags, f.flags, len(f.leaps), len(f.transitions), len(f.kinds), len(names)} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	appendTime := func(at int64) {
		if width == 8 {
			b = binary.BigEndian.AppendUint64(b, uint64(at))
		} else {
			b = binary.BigEndian.AppendUint32(b, uint32(at))
		}
	}
	for _, at := range f.transitions {
		appendTime(at)
	}
	b = append(b, f.kindOf...)
	flag := map[bool]byte{true: 1}
	for _, k := range f.kinds {
		b = binary.BigEndian.AppendUint32(b, uint32(k.offset))
		b = append(b, flag[k.dst], 0)
	}
	b = append(b, names...)
	for _, l := range f.leaps {
		appendTime(l.at)
		b = binary.BigEndian.AppendUint32(b, uint32(l.correction))
	}
	for _, k := range f.kinds[:f.flags] {
		b = append(b, flag[k.standard])
	}
	for _, k := range f.kinds[:f.flags] {
		b = append(b, flag[k.universal])
	}
	return b
}

func (f tzif) bytes() []byte {
	if f.version == 0 {
		return f.data(4)
	}
	return append(append(f.data(4), f.data(8)...), f.footer...)
}

func TestStrangeZoneFilesAgainstOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("some 200 zones: not with -short")
	}
	logger.Need(t, oracle)
	usual := tzif{
		version:     '2',
		transitions: []int64{-1_000_000_000, 0, 1_000_000_000, 2_000_000_000},
		kindOf:      []byte{1, 0, 1, 2},
		kinds:       []kind{{offset: 3600}, {offset: 7200, dst: true}, {offset: -4321}},
		footer:      "\nXXX3YYY,M3.2.0,M11.1.0\n",
	}
	with := func(change func(*tzif)) tzif {
		f := usual
		change(&f)
		return f
	}
	berlin := systemZone(t, "Europe/Berlin")
	files := map[string][]byte{
		"usual":         usual.bytes(),
		"version 1":     with(func(f *tzif) { f.version = 0 }).bytes(),
		"no footer":     with(func(f *tzif) { f.footer = "" }).bytes(),
		"newline":       with(func(f *tzif) { f.footer = "\n" }).bytes(),
		"empty footer":  with(func(f *tzif) { f.footer = "\n\n" }).bytes(),
		"bad footer":    with(func(f *tzif) { f.footer = "\nX\n" }).bytes(),
		"open footer":   with(func(f *tzif) { f.footer = "\nXXX3" }).bytes(),
		"no newline":    with(func(f *tzif) { f.footer = "XXX3\n" }).bytes(),
		"more after it": with(func(f *tzif) { f.footer = "\nXXX3\nmore\n" }).bytes(),
		"nul in it":     with(func(f *tzif) { f.footer = "\nXXX3\x00YYY\n" }).bytes(),
		"all dst": with(func(f *tzif) {
			f.kinds = []kind{{offset: 5, dst: true}, {offset: 6, dst: true}, {offset: 7, dst: true}}
		}).bytes(),
		"dst first":     with(func(f *tzif) { f.kinds = []kind{{offset: 5, dst: true}, {offset: 6}, {offset: 7}} }).bytes(),
		"no such kind":  with(func(f *tzif) { f.kindOf = []byte{1, 0, 1, 3} }).bytes(),
		"no times":      with(func(f *tzif) { f.transitions, f.kindOf, f.kinds = nil, nil, f.kinds[:1] }).bytes(),
		"big offsets":   with(func(f *tzif) { f.kinds = []kind{{offset: 1 << 30}, {offset: -1 << 31}, {offset: 1<<31 - 1}} }).bytes(),
		"leaps":         with(func(f *tzif) { f.leaps = []leap{{100, 1}, {200, 2}, {300, 1}, {400, 2}, {401, 3}, {402, 4}} }).bytes(),
		"negative leap": with(func(f *tzif) { f.leaps = []leap{{100, -1}, {200, -2}, {300, -1}} }).bytes(),
		"flags":         with(func(f *tzif) { f.flags = 2 }).bytes(),
		"empty":         nil,
		"text":          []byte("TZif2 but no more"),
	}
	for _, n := range []int{3, 4, 5, 43, 44, 45, 100, 900, len(berlin) - 40, len(berlin) - 20, len(berlin) - 2, len(berlin) - 1} {
		files[fmt.Sprintf("Cut%d", n)] = berlin[:n]
	}
	for i := 0; i < 200; i++ {
		rnd := rand.New(rand.NewPCG(uint64(i), 0))
		data := slices.Clone(usual.bytes())
		data[rnd.IntN(len(data))] = byte(rnd.Uint32N(4))
		if f, _ := parseFile(data); !slices.IsSorted(f.transitions) {
			continue // the two searches may find different transitions
		}
		files[fmt.Sprintf("Byte%d", i)] = data
	}
	dir := tzdir(t, files)
	rnd := rand.New(rand.NewPCG(7, 8))
	compared := 0
	for name := range files {
		z := zoneFor(t, name, dir)
		labels := instants(z, rnd)
		if strings.HasPrefix(name, "Byte") && (undefined(z) || !survives(name, dir, labels)) {
			continue
		}
		compare(t, z, name, dir, labels)
		compared++
	}
	if compared < 150 {
		t.Errorf("only %d files could be compared", compared)
	}
}

// undefined reports whether z has a rule with a month outside 1 to 12, which the C
// library uses as an index.
func undefined(z *Zone) bool {
	return z.rules != nil && slices.ContainsFunc(z.rules.changes[:], func(c change) bool {
		return c.form == weekday && (c.month < 1 || c.month > 12)
	})
}

// survives reports whether the oracle does not crash on a damaged zone file.
func survives(tz, dir string, labels []tai64n.Label) bool {
	_, err := runOracle(tz, dir, labels)
	return err == nil
}

// A file with any content is either refused or used, without a panic, and every
// span contains the time that it was asked for.
func FuzzZoneFile(f *testing.F) {
	f.Add([]byte("TZif2"))
	for _, name := range []string{"Etc/UTC", "Asia/Tokyo", "right/UTC"} {
		if data, err := os.ReadFile(filepath.Join(zoneDir, name)); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, ok := parseFile(data)
		if !ok {
			return
		}
		rnd := rand.New(rand.NewPCG(1, 1))
		for range 2 {
			z := file.zone()
			for range 50 {
				unix := int64(rnd.Uint64()) >> rnd.IntN(64)
				if s := z.at(unix); unix < s.from || unix >= s.until && unix > s.from {
					t.Fatalf("%d is not in its span %+v", unix, s)
				}
			}
			r, _ := parseRules("FOO5BAR")
			file.adopt(r)
			slices.Sort(file.transitions)
		}
	})
}

// A span's offset holds from its first second to its last.
func TestSpans(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, tz := range []string{"Europe/Berlin", "right/Europe/Berlin", "EST5EDT4,M3.2.0,M11.1.0", "NZST-12NZDT,M9.5.0,M4.1.0/3", "XXX3YYY,0/0,J365/25", "FOO5BAR"} {
		z := New(tz, "")
		for range 20_000 {
			unix := rnd.Int64N(1<<40)>>rnd.IntN(40) - 1<<33
			s := z.at(unix)
			if unix < s.from || unix >= s.until {
				t.Fatalf("TZ=%s: %d is not in its span %+v", tz, unix, s)
			}
			for _, other := range []int64{s.from, s.until - 1} {
				o := z.at(other)
				if o.offset != s.offset || o.leap != s.leap {
					t.Fatalf("TZ=%s: the span at %d is %+v, but at %d %+v", tz, unix, s, other, o)
				}
			}
		}
	}
}

// FuzzTZ compares local time for any value of TZ with the C library's.
func FuzzTZ(f *testing.F) {
	for i, tz := range []string{"", "Asia/Tokyo", "JST-9", "<+0530>-5:30", "EST5EDT,M3.2.0,M11.1.0", "FOO5BAR", "XXX3YYY,J60/1:2:3,300"} {
		f.Add(tz, uint64(i))
	}
	f.Fuzz(func(t *testing.T, tz string, seed uint64) {
		if strings.ContainsAny(tz, "\x00/") && !strings.HasPrefix(tz, "Europe/") || strings.Contains(tz, "..") {
			t.Skip("not a possible variable, or the name of an arbitrary file")
		}
		logger.Need(t, oracle)
		z := zoneFor(t, tz, "")
		if undefined(z) {
			t.Skip("the C library's behaviour is undefined")
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		// Begin with a label far from all changes: the first time it is asked, the C
		// library moves the usual changes by other amounts.
		labels := append([]tai64n.Label{at(-1 << 36)}, instants(z, rnd)...)
		compare(t, z, tz, "", labels)
	})
}
