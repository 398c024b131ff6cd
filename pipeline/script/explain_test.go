package script

import (
	"strings"
	"testing"
	"time"
)

// Explain has a remark for each argument, and tells what is ignored, clamped, or without
// effect.
func TestExplain(t *testing.T) {
	for script, want := range map[string]string{ // of the first argument
		"t ./a":         "put a TAI64N label in front of each line",
		"tx ./a":        "put a TAI64N label in front of each line; only the t of it counts",
		"tUnixMs ./a":   "put the milliseconds since 1970 in front of each line",
		"T ./a":         "put the seconds since 1970, with six decimals, in front of each line",
		"-* ./a":        "deselect all lines",
		"+*x* e":        "select lines that match",
		"-x =f":         `deselect lines that are exactly "x", with their stamp`,
		"--hlep ./a":    `deselect lines that are "-hlep": it is a pattern, not an option`,
		"-*x* s5000":    "deselect lines that match; without effect, for no directory, e or =file follows",
		"eels":          "print selected lines to standard error, up to 200 bytes of each; only the e of it counts",
		"=f":            "keep the last selected line in the file f",
		"s5000 ./a":     "files have at most 5,000 bytes",
		"s5000":         "files have at most 5,000 bytes; without effect, for no directory follows",
		"s1 ./a":        "files have at most 4,096 bytes: 1 is too small",
		"s ./a":         "files have at most 4,096 bytes: there is no number in it, which is taken for 0, and that is too small",
		"s99999999 ./a": "files have at most 16,777,215 bytes (16 MiB): 99999999 is too large; b takes sizes such as b64MB, up to 2 GiB",
		"s64MB ./a":     "files have at most 4,096 bytes: only the digits 64 of it count; b takes sizes such as b64MB, up to 2 GiB",
		"n1 ./a":        "keep at most 2 files, current among them: 1 is too small",
		"n20 ./a":       "keep at most 20 files, current among them",
		"kk ./a":        "ignored: k is followed by a size, as in k10GB",
		"a ./a":         "ignored: a is followed by a time, as in a24h",
		"zx ./a":        "ignored: z is alone or followed by a level from 1 to 22",
		"d ./a":         "ignored: there is no such action",
		"main":          "ignored: no action begins like that; directories begin with ./ or /",
		"wa/b ./a":      "ignored: w is followed by at most 32 characters without a slash",
		"wdone ./a":     "finished files are named @LABEL.done",
		"z9 ./a":        "compress each finished file with zstd; it replaces !",
		"!gzip ./a":     "run this command on each finished file; it replaces z",
		"a1d ./a":       "start a new file when current is 1 day old",
		"a90m ./a":      "start a new file when current is 1h30m old",
		"y1w2d12h ./a":  "sync current to disk at most 9 days and 12h after a write",
		"y1500ms ./a":   "sync current to disk at most 1.5s after a write",
		"k1GiB ./a":     "keep 1,073,741,824 bytes (1.0 GiB) of the file system free, by removing the oldest files",
		"./a":           "append selected lines to the log there: 10 files of 99,999 bytes, 977 KiB in all",
	} {
		remarks, err := Explain(strings.Fields(script))
		if err != nil || len(remarks) != len(strings.Fields(script)) || remarks[0].Text != want {
			t.Errorf("%s: %q, %v, want %q", script, remarks, err, want)
		}
	}
	remarks, err := Explain(strings.Fields("./a t c2GB z ./b a1q ./c"))
	if err == nil || !strings.Contains(err.Error(), "a1q") || len(remarks) != 5 ||
		remarks[1].Text != "ignored: a stamp counts only as the first argument" ||
		remarks[4].Text != "append selected lines to the log there: 10 files of 99,999 bytes, 2,000,000,000 bytes (1.9 GiB) of old ones at most, compressed" {
		t.Errorf("%q, %v", remarks, err)
	}
	if remarks, err := Explain([]string{""}); err != nil || remarks[0].Text != "ignored: it is empty" {
		t.Errorf("%q, %v", remarks, err)
	}
}

// Where a word does something, Explain does not say that it is ignored, and the other way
// round.
func FuzzExplain(f *testing.F) {
	for _, word := range []string{"t", "kk", "k1GB", "a1d", "zx", "z3", "s", "w", "wx", "-", "+*", "T", "F", ".", "b", "y5s"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		args := []string{"x", word, "./a"} // x is ignored
		with, err := Parse(args)
		remarks, explained := Explain(args)
		if (err == nil) != (explained == nil) {
			t.Fatalf("%q: Parse says %v, Explain %v", word, err, explained)
		}
		if err != nil || word == "F" || word == "S" {
			return
		}
		ignored := strings.HasPrefix(remarks[1].Text, "ignored: ")
		without, _ := Parse([]string{"x", "x", "./a"})
		changed := len(with.rules)+len(with.Sinks) > 1 || with.Dirs[0].Code != without.Dirs[0].Code || len(with.Dirs[0].Command) > 0 ||
			with.Dirs[0].Cap+with.Dirs[0].KeepFree+with.Dirs[0].MaxAge+with.Dirs[0].SyncWithin > 0 || with.Dirs[0].Size != without.Dirs[0].Size || with.Dirs[0].Count != without.Dirs[0].Count
		if ignored && changed {
			t.Errorf("%q: %s, but it changes the script", word, remarks[1].Text)
		}
		same := word == "s99999" || strings.HasPrefix(word, "s") || strings.HasPrefix(word, "n") || strings.HasPrefix(word, "b") || word == "ws"
		if !ignored && !changed && !same {
			t.Errorf("%q: %s, but the script is the same", word, remarks[1].Text)
		}
	})
}

func TestParseTime(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"1d": day, "7d": 7 * day, "1w": 7 * day, "1w3d": 10 * day, "1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "2w1h30m": 14*day + 90*time.Minute,
		"90s": 90 * time.Second, "24h": day, "1h30m": 90 * time.Minute, "99999999w": maxTimeHours * time.Hour,
	} {
		if got, ok := parseTime(text); got != want || !ok {
			t.Errorf("%s: %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "1", "d", "1dd", "1d1w", "-1d", "1d-1h", "1dx", "NaNd", "infw", "1e3d", "1 d"} {
		if got, ok := parseTime(text); ok && got > 0 {
			t.Errorf("%s: %v", text, got)
		}
	}
}
