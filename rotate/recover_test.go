package rotate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// found is a file that recovery finds: its mode, its content and its second name, if
// any.
type found struct {
	name, text string
	mode       os.FileMode
	link       string
}

// The table of recover.go, on a real file system.
var recoveries = []struct {
	name  string
	files []found
	want  string
}{
	{"nothing", nil, "current="},
	{"a clean current", []found{{currentName, "c", 0o744, ""}}, "current=c"},
	{"an outage", []found{{currentName, "c", 0o644, ""}}, ".u=c current="},
	{"an empty next", []found{{currentName, "c", 0o744, ""}, {nextName, "", 0o644, ""}}, "current=c"},
	{"next is written", []found{{currentName, "c", 0o644, ""}, {nextName, "n", 0o644, ""}}, ".u=c .u=n current="},
	{"next beside a clean current", []found{{currentName, "c", 0o744, ""}, {nextName, "n", 0o644, ""}}, ".u=c .u=n current="},
	{"next alone", []found{{nextName, "n", 0o644, ""}}, ".u=n current="},
	{
		"a processor at work",
		[]found{{previousName, "p", 0o744, ""}, {processedName, "half", 0o644, ""}, {newstateName, "s", 0o644, ""}, {currentName, "c", 0o644, ""}},
		".u=p .u=c current=",
	},
	{
		"a processor that is done",
		[]found{{previousName, "p", 0o744, ""}, {processedName, "whole", 0o744, ""}, {currentName, "c", 0o644, ""}},
		".s=whole .u=c current=",
	},
	{
		"a processor that is done, and files that wait",
		[]found{{"@400000000000000000000001.s", "o", 0o744, ""}, {"@400000000000000000000005.u", "n", 0o644, ""}, {processedName, "whole", 0o744, ""}},
		".s=o .s=whole .u=n current=",
	},
	{
		"the first processor that is done, and files that wait",
		[]found{{"@400000000000000000000005.u", "n", 0o644, ""}, {processedName, "whole", 0o744, ""}},
		".s=whole .u=n current=",
	},
	{"an old file", []found{{"@400000000000000000000000.s", "o", 0o744, ""}, {currentName, "c", 0o644, ""}}, ".s=o .u=c current="},
	{"a clean current with another link", []found{{currentName, "c", 0o744, "kept"}}, "current=c kept=c"},
	{"a current with another link", []found{{currentName, "c", 0o644, "kept"}}, ".u=c current= kept=c"},
	{"a name given already", []found{{currentName, "c", 0o644, "@400000000000000000000001.u"}}, ".u=c current="},
	{"previous has its name already", []found{{previousName, "p", 0o744, "@400000000000000000000001.u"}, {currentName, "c", 0o644, ""}}, ".u=p .u=c current="},
}

func makeFiles(t *testing.T, files []found) string {
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, f.mode); err != nil {
			t.Fatal(err)
		}
		if f.link != "" {
			if err := os.Link(path, filepath.Join(dir, f.link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestRecovery(t *testing.T) {
	for _, c := range recoveries {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			k := newKernel(t)
			dir := makeFiles(t, c.files)
			k.open(dir, &head{})
			if got := shows(t, dir); got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
			info, err := os.Stat(filepath.Join(dir, currentName))
			if err != nil || info.Mode() != 0o644 {
				t.Errorf("current: %v, %v", info.Mode(), err)
			}
			if len(k.warned) > 0 {
				t.Errorf("warnings: %q", k.warned)
			}
		})
	}
}

// A recovery that is killed before any of its operations and started again has the same
// result. So has one that is started after another has finished.
func TestRecoveryTwice(t *testing.T) {
	for _, c := range recoveries {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			for killAt := 1; ; killAt++ {
				dir := makeFiles(t, c.files)
				first := newKernel(t)
				first.killAt = killAt
				_, dead := first.open(dir, &head{})
				first.kill()
				newKernel(t).open(dir, &head{})
				got := shows(t, dir)
				// A current that a recovery has made is not clean any more.
				if got != c.want && got != strings.Replace(c.want, "current=c", ".u=c current=", 1) {
					t.Errorf("killed before operation %d, then again: %s, not %s", killAt, got, c.want)
				}
				if !dead {
					break
				}
			}
		})
	}
}

// A next that other loggers have ignored gets the label of the time of its lines.
func TestRecoveryAfterOtherLoggers(t *testing.T) {
	temp := ioring.Op{Code: ioring.Stat, Dir: unix.AT_FDCWD, Path: t.TempDir()}
	if ioring.Do(&temp); temp.Err == nil && temp.Stat.Birth == 0 {
		t.Skip("this file system does not say when a file was made")
	}
	wrote := time.Unix(1000, 0)
	label := func(after time.Duration) string { return tai64n.Of(wrote.Add(after)).String() }
	for _, c := range []struct {
		name  string
		files []found
		want  string
	}{
		{"current was old", []found{{label(-1) + ".s", "a", 0o744, ""}, {label(1) + ".u", "b", 0o744, ""}, {label(9) + ".s", "d", 0o744, ""}}, ".s=a .u=b .u=n .s=d current=c"},
		{"it had a name", []found{{label(-1) + ".u", "b", 0o744, ""}, {label(9) + ".s", "d", 0o744, ""}}, ".u=b .u=n .s=d current=c"},
		{"nothing else", nil, ".u=n current=c"},
		{"no room", []found{{label(1) + ".s", "d", 0o744, ""}}, ".s=d .u=n current=c"},
	} {
		dir := makeFiles(t, append(c.files, found{nextName, "n", 0o644, ""}, found{currentName, "c", 0o744, ""}))
		if err := os.Chtimes(filepath.Join(dir, nextName), wrote, wrote); err != nil {
			t.Fatal(err)
		}
		// The file that was current at the swap is none of these files.
		mem := lockpage.New()
		w, _ := lockpage.Open(mem, lockpage.Owner{})
		w.Store(func(page *lockpage.Page) { page.Swapped = 1 })
		if err := os.WriteFile(filepath.Join(dir, lockName), mem, 0o600); err != nil {
			t.Fatal(err)
		}
		newKernel(t).open(dir, &head{})
		if got := shows(t, dir); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

// After a power cut the lock page may be about another swap than the one of next. Then
// it does not say that another logger has made current, and the clock alone never does.
// A logger that is killed before it has recovered the directory leaves the page as it
// is.
func TestRecoveryOfStalePage(t *testing.T) {
	wrote := time.Unix(1000, 0) // the clock was ahead when current was made
	for n := range 4 {
		written, killed := []string{currentName, "another file"}[n%2], n > 1
		dir := makeFiles(t, []found{{nextName, "n", 0o644, ""}, {currentName, "c", 0o744, ""}})
		if err := os.Chtimes(filepath.Join(dir, nextName), wrote, wrote); err != nil {
			t.Fatal(err)
		}
		info := ioring.Op{Code: ioring.Stat, Dir: unix.AT_FDCWD, Path: filepath.Join(dir, written)}
		if ioring.Do(&info); info.Err != nil {
			info.Stat.Ino = 1
		}
		mem := lockpage.New()
		w, _ := lockpage.Open(mem, lockpage.Owner{})
		w.Put(&lockpage.Record{FileIno: info.Stat.Ino, FileBirth: uint64(info.Stat.Birth)}, lockpage.StateNone)
		w.Store(func(page *lockpage.Page) { page.Swapped = 2 })
		if err := os.WriteFile(filepath.Join(dir, lockName), mem, 0o600); err != nil {
			t.Fatal(err)
		}
		if killed {
			k := newKernel(t)
			if _, err := Lock(k, unix.AT_FDCWD, testConfig(dir)); err != nil {
				t.Fatal(err)
			}
			k.kill()
		}
		newKernel(t).open(dir, &head{})
		if got, want := shows(t, dir), ".u=c .u=n current="; got != want {
			t.Errorf("the page is about %s, a logger was killed %v: %s, not %s", written, killed, got, want)
		}
	}
}

// Pruning removes the oldest files, whatever their suffix, and nothing else.
func TestRecoveryPrunes(t *testing.T) {
	files := []found{{currentName, "c", 0o644, ""}, {"note", "x", 0o644, ""}, {"@short", "y", 0o644, ""}}
	var l tai64n.Label
	for range 12 {
		l = l.Next()
		files = append(files, found{l.String() + ".s", string('a' + rune(l.Nano)), 0o744, ""})
	}
	dir := makeFiles(t, files)
	newKernel(t).open(dir, &head{})
	want := ".s=f .s=g .s=h .s=i .s=j .s=k .s=l .s=m .u=c @short=y current= note=x"
	if got := shows(t, dir); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// A current that existed at the last swap is older than next, whenever it was made: a
// restored one, for instance.
func TestRecoveryAfterSwap(t *testing.T) {
	dir := makeFiles(t, []found{{nextName, "n", 0o644, ""}, {currentName, "c", 0o744, ""}})
	wrote := time.Unix(1000, 0)
	if err := os.Chtimes(filepath.Join(dir, nextName), wrote, wrote); err != nil {
		t.Fatal(err)
	}
	current := ioring.Op{Code: ioring.Stat, Dir: unix.AT_FDCWD, Path: filepath.Join(dir, currentName)}
	ioring.Do(&current)
	mem := lockpage.New()
	w, _ := lockpage.Open(mem, lockpage.Owner{})
	w.Store(func(page *lockpage.Page) { page.Swapped = current.Stat.Ino })
	if err := os.WriteFile(filepath.Join(dir, lockName), mem, 0o600); err != nil {
		t.Fatal(err)
	}
	newKernel(t).open(dir, &head{})
	if got, want := shows(t, dir), ".u=c .u=n current="; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
