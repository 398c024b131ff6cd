package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"multilog/bench/internal/fakelogger"
	"multilog/bench/maillog"
)

// labelled puts labels in front of lines.
func labelled(lines string) string {
	var out strings.Builder
	for line := range strings.Lines(lines) {
		out.WriteString("@4000000065b0c8f900000001 " + line)
	}
	return out.String()
}

// dayLines returns the first lines of dayLog, labelled.
func dayLines(n int) []string {
	log := maillog.New(dayLog())
	var lines []string
	for range n {
		lines = append(lines, labelled(string(log.Next())))
	}
	return lines
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// TestCheckDay checks directories that keep what they should, and directories that do
// not.
func TestCheckDay(t *testing.T) {
	const lines = 100
	day := dayLines(lines)
	join := func(from, to int) string { return strings.Join(day[from:to], "") }
	flipped := []byte(compressed(t, join(0, 50)))
	flipped[len(flipped)/2] ^= 1
	swapped := append(append([]string{}, day[50:98]...), day[99], day[98])
	many := map[string]string{"current": join(90, lines)}
	for i := range fileCount - 1 {
		many["@4000000065b0c8f90000000"+string(rune('a'+i))+".s"] = join(90-fileCount+1+i, 90-fileCount+2+i)
	}
	const first, second = "@4000000065b0c8f900000001.s", "@4000000065b0c8f900000002.u"
	for _, test := range []struct {
		name  string
		files map[string]string
		kept  int64
		want  string // in the error
	}{
		{"all", map[string]string{first: join(0, 50), second: join(50, 70), "current": join(70, lines)}, lines, ""},
		{"compressed", map[string]string{first + ".zst": compressed(t, join(0, 50)), "current": join(50, lines)}, lines, ""},
		{"the last", many, 29, ""},
		{"removed too much", map[string]string{first: join(10, 50), "current": join(50, lines)}, 0, "lines are there, though"},
		{"lost inside", map[string]string{first: join(0, 49), "current": join(50, lines)}, 0, "lines are there, though"},
		{"lost at the end", map[string]string{first: join(0, 50), "current": join(50, lines-1)}, 0, "lines are there, though"},
		{"twice", map[string]string{first: join(0, 50), "current": join(49, lines)}, 0, "101 lines were logged of 100"},
		{"swapped", map[string]string{first: join(0, 50), "current": strings.Join(swapped, "")}, 0, "line 99 behind the first 0"},
		{"torn", map[string]string{first: join(0, 50), "current": strings.TrimSuffix(join(50, lines), "\n")}, 0, "a torn line"},
		{"damaged", map[string]string{first + ".zst": string(flipped), "current": join(50, lines)}, 0, "zst"},
		{"cut short", map[string]string{first + ".zst": compressed(t, join(0, 50))[:100], "current": join(50, lines)}, 0, "zst"},
		{"no label", map[string]string{"current": join(0, 99) + "x\n"}, 0, "no label"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := checkDay(t.Context(), dir, lines)
			switch {
			case test.want == "" && (err != nil || kept != test.kept):
				t.Errorf("%d lines kept, %v; want %d", kept, err, test.kept)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// TestRunDay goes the whole way, from the producer to the check.
func TestRunDay(t *testing.T) {
	const size = 1 << 20
	e := testEnv(t)
	got, err := e.runDay(t.Context(), fakelogger.Contender("good"), size)
	if err != nil {
		t.Fatal(err)
	}
	if got["kept"] != 100 || got["max"] <= 0 || got["own"] <= 0 || got["most"] <= 0 || got["reached"] <= 0 {
		t.Errorf("%v", got)
	}
	for _, how := range []string{"lose", "change", "reorder", "double"} {
		if _, err := e.runDay(t.Context(), fakelogger.Contender(how), size); err == nil {
			t.Errorf("%s: not seen", how)
		}
	}
}

func TestOldBytes(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"@4000000065b0c8f900000001.s": 1, "@4000000065b0c8f900000002.u": 2, "previous": 4, "processed": 8, "current": 16, "next": 32, "lock": 64} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := oldBytes(dir); got != 7 {
		t.Errorf("%d bytes, want 7", got)
	}
}
