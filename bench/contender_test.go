package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScripts(t *testing.T) {
	plain := job{fileBytes: 50000, files: 7, dirs: 2, patterns: []string{"* zone 1: *"}, lineBytes: 2048}
	stamped := job{fileBytes: 50000, files: 7, stamp: true, processor: "sleep 3; cat"}
	for _, test := range []struct {
		family family
		job    job
		want   string
	}{
		{familyMultilog, plain, "x s50000 n7 -* zone 1: * ./main ./dir1"},
		{familyMultilog, stamped, "x t s50000 n7 !sleep 3; cat ./main"},
		{familyS6, plain, `x -l 8192 n7 s50000 -^zone 1:  ./main ./dir1`},
		{familyS6, stamped, `x -l 8192 n7 s50000 !sh -c "sleep 3; cat" t ./main`},
		{familySvlogd, plain, "x -b 65536 -l 2148 ./main ./dir1"},
		{familySvlogd, stamped, "x -b 65536 -t ./main"},
		{familyPeekCopier, stamped, "-"},
		{familyPlainCopier, job{stamp: true}, "x plain copier ./main"},
		{familySplice, plain, "-"},
		{familyUncached, job{}, "x uncached copier ./main"},
	} {
		l, err := contender{Path: "x", Family: test.family}.prepare(t.TempDir(), test.job)
		got := strings.Join(l.argv, " ")
		if err != nil {
			got = "-"
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.family, diff)
		}
	}
}

func TestSvlogdConfig(t *testing.T) {
	dir := t.TempDir()
	c := contender{Path: "svlogd", Family: familySvlogd}
	if _, err := c.prepare(dir, job{fileBytes: 9, files: 3, stamp: true, mail: true}); err != nil {
		t.Fatal(err)
	}
	alert, err := os.ReadFile(filepath.Join(dir, "alert", "config"))
	if err != nil || !strings.HasPrefix(string(alert), "s9\nn3\n-status: *\n-starting delivery *\n") {
		t.Errorf("%q, %v", alert, err)
	}
	if main, err := os.ReadFile(filepath.Join(dir, "main", "config")); err != nil || string(main) != "s9\nn3\n" {
		t.Errorf("%q, %v", main, err)
	}
}

func TestStarsToRegexp(t *testing.T) {
	for pattern, want := range map[string]string{
		"* status: *": "^status: ", "* delivery * success*": "^delivery [^ ]* success", "* a.b*": `^a\.b`,
	} {
		if got := starsToRegexp(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}

// TestInputs checks that lines are as long as they should be, and no two the
// same.
func TestInputs(t *testing.T) {
	for _, length := range []int{8, 9, 63, 2048} {
		in, err := newInput("test", 1<<17, numbered(length))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(in.data)) {
			if len(line) != length || seen[line] {
				t.Fatalf("line %q has %d bytes, seen before: %v", line, len(line), seen[line])
			}
			seen[line] = true
		}
		if len(seen) != in.lines || in.longest != length {
			t.Errorf("%d lines, longest %d", in.lines, in.longest)
		}
		in.close()
	}
}

// TestMailInput checks that a tenth of the mail lines are status lines, and
// that something is left for the alert log.
func TestMailInput(t *testing.T) {
	in, err := newInput("mail", 1<<20, mailLines())
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	statuses, alerts := 0, 0
	alert := deselect(usualMail, true)
	for line := range strings.Lines(string(in.data)) {
		line = strings.TrimSuffix(line, "\n")
		if matchLabelled(mailStatus, []byte(line), true) {
			statuses++
		}
		if alert([]byte(line)) {
			alerts++
		}
	}
	if share := float64(statuses) / float64(in.lines); share < 0.095 || share > 0.105 {
		t.Errorf("%.3f of the lines are status lines", share)
	}
	if alerts == 0 {
		t.Error("no line is for the alert log")
	}
}
