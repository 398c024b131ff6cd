package fault

import (
	"flag"
	"os"
	"testing"

	"multilog/internal/test/logger"
	"multilog/internal/test/mountns"
)

// parallelTests is how many tests run at a time unless -parallel says otherwise. Most of
// them wait for a logger that pauses.
const parallelTests = "8"

func TestMain(m *testing.M) {
	mountns.Enter()
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		if err := flag.Set("test.parallel", parallelTests); err != nil {
			panic(err) // the flag is package testing's
		}
	}
	os.Exit(logger.Main{M: m}.Run())
}
