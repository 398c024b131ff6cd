package fault

import (
	"flag"
	"os"
	"testing"

	"multilog/internal/test/mountns"
)

// sideBySide is how many tests run at a time: most of them wait for a logger
// that pauses.
const sideBySide = "8"

func TestMain(m *testing.M) {
	mountns.Enter()
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		if err := flag.Set("test.parallel", sideBySide); err != nil {
			panic(err) // the flag is package testing's
		}
	}
	code := m.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir)
	}
	os.Exit(code)
}
