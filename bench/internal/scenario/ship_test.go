package scenario

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
	"multilog/bench/internal/shipper"
)

// TestShip races mlship with itself through all cases, in short form: what it sends is
// complete in all of them.
func TestShip(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	if why := shipper.Kinds()[0].Missing(); why != "" {
		t.Skip(why)
	}
	e := testEnv(t)
	s := e.ship()
	racers := s.Racers
	binary := filepath.Join(t.TempDir(), "multilog")
	if out, err := exec.Command("go", "build", "-o", binary, "multilog/cmd/multilog").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ours, err := contender.New(contender.Ours, binary, contender.Multilog)
	if err != nil {
		t.Fatal(err)
	}
	s.Racers = func([]contender.Contender) []contender.Contender {
		return slices.DeleteFunc(racers([]contender.Contender{ours}), func(c contender.Contender) bool { return c.Peer })
	}
	r := &race.Race{Only: regexp.MustCompile(""), RunLimit: race.RunLimit, Progress: race.NewProgress(devNull(t))}
	got, err := r.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Cases {
		for _, row := range c.Rows {
			files := strings.Contains(row.Contender, "files")
			if files && c.Name != "calm" {
				continue
			}
			value := func(key string) float64 { return row.Figures[key].Value }
			if row.Out != "" || value("lost")+value("twice")+value("disorder") != 0 || value("lines") < 10000 || value("max") <= 0 {
				t.Errorf("%s, %s: %s %v", c.Name, row.Contender, row.Out, row.Figures)
			}
			if c.Name == "calm" && (value("cpu-line") <= 0 || value("wire") <= 1 || value("lag-p99") < value("lag-p50") || value("lag-p50") <= 0) {
				t.Errorf("%s, %s: %v", c.Name, row.Contender, row.Figures)
			}
		}
	}
}

func TestLags(t *testing.T) {
	labels := []int64{100, 200, 300, 400, 500}
	got := lagsOf([]arrival{{1000, 1}, {1300, 2}, {2000, 3}}, labels)
	if want := []int64{800, 900, 1000, 1600}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Everything that goes wrong is over before the service ends, and nothing overlaps.
func TestShipKills(t *testing.T) {
	for _, length := range []time.Duration{7 * time.Second, 20 * time.Second} {
		kinds := map[shipHarm]bool{}
		end := time.Duration(0)
		for _, e := range shipKills(length) {
			if e.at < end || e.at+e.last >= length {
				t.Errorf("%v: %+v", length, e)
			}
			end = e.at + e.last
			kinds[e.what] = true
		}
		if len(kinds) != 3 {
			t.Errorf("%v: %v", length, kinds)
		}
	}
}

// devNull returns a file that takes what nobody reads.
func devNull(t *testing.T) *os.File {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
