package scenario

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/bench/maillog"
)

// A day of a mail exchanger's log, compressed on the way, under a cap.
const (
	dayBytes      = 2_000_000_000
	dayQuickBytes = 200_000_000
	dayPace       = 30_000_000 // bytes a second: far more than any mail exchanger writes, to end soon
	dayChunkBytes = 4096
	dayLineBytes  = 1000 // more than any line has
	dayCapBytes   = 200_000_000
	dayCapWord    = "c200MB"
	dayLookPause  = 50 * time.Millisecond // between two looks at the directory
	dayCheckPace  = 500_000_000           // bytes a second, about
)

// dayLog returns what the producer writes.
func dayLog() maillog.Config { return maillog.Config{Seed: 2, Kind: maillog.Mixed} }

func (e env) day() race.Scenario {
	size := int64(dayBytes)
	if e.quick {
		size = dayQuickBytes
	}
	writes := writeMetrics()
	return race.Scenario{
		Name: "day", Title: "a day of mail log, compressed and kept within a cap", Baseline: contender.Ours,
		About: fmt.Sprintf("A made-up mail exchanger's log, written at %s/s in writes of whole lines, 4 KiB at most, each timed, with t s%d n%d; ours also with z %s. ",
			humanize.Bytes(dayPace), fileBytes, fileCount, dayCapWord) +
			"One round. Most at once: the largest total of the old files, pending ones included, looked for every 50 ms; more than the cap fails. In the end every .s.zst must pass zstd -t, and " +
			"what is kept must be the log's last lines, byte for byte and in order. CPU in parts of a core: the logger's own, and its processors'. Kept: what part of all lines.",
		Metrics: []race.Metric{
			writes[0], writes[2], writes[3], writes[4],
			{Key: "own", Title: "logger's CPU", Unit: race.Percent, Lower: true, Leads: true},
			{Key: "processors", Title: "processors' CPU", Unit: race.Percent, Lower: true},
			{Key: "most", Title: "most at once", Unit: race.DecimalBytes, Lower: true},
			{Key: "kept", Title: "kept", Unit: race.Percent},
			{Key: "reached", Title: "written at", Unit: race.BytesPerSecond},
		},
		Racers: dayRacers,
		Cases: []race.Case{{
			Name: "mail", Title: humanize.Bytes(uint64(size)) + " of mail log", Note: zstdNote(), Rounds: 1,
			Seconds: float64(size)/dayPace + float64(size)/dayCheckPace + 2,
			Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
				return e.runDay(ctx, c, size)
			},
		}},
	}
}

// dayRacers returns daemontools' logger and ours, each of ours also with
// compression and a cap.
func dayRacers(all []contender.Contender) []contender.Contender {
	var out []contender.Contender
	for _, c := range all {
		if c.Peer && c.Name != contender.Daemontools {
			continue
		}
		out = append(out, c)
		if !c.Peer {
			c.Name, c.Words = c.Name+" z "+dayCapWord, []string{"z", dayCapWord}
			out = append(out, c)
		}
	}
	return out
}

// zstdNote says how compressed files are read, if not by zstd.
func zstdNote() string {
	if _, err := exec.LookPath("zstd"); err != nil {
		return "zstd is not installed: compressed files are read by this program instead"
	}
	return ""
}

// runDay writes size bytes of log through a logger and looks at what is left.
func (e env) runDay(ctx context.Context, c contender.Contender, size int64) (race.Sample, error) {
	dir, remove, err := e.RunDir("")
	if err != nil {
		return nil, err
	}
	defer remove()
	w := &dayWatch{dir: filepath.Join(dir, "main")}
	got, err := feed.Feed{
		Contender: c, Dir: dir,
		Job:   contender.Job{Stamp: true, FileBytes: fileBytes, Files: fileCount, LineBytes: dayLineBytes},
		Order: feed.Order{Mail: feed.Mail{Config: dayLog(), Bytes: size, Pace: dayPace}, Chunk: dayChunkBytes, Timed: true},
		During: func(_ context.Context, l *feed.Logger) error {
			w.start(l.PID())
			return nil
		},
	}.Run(ctx)
	w.stop()
	if err != nil {
		return nil, err
	}
	kept, err := checkDay(ctx, w.dir, int64(got.Lines))
	if err != nil {
		return nil, fmt.Errorf("main: %w", err)
	}
	if len(c.Words) > 0 && w.most > dayCapBytes {
		return nil, fmt.Errorf("main: old files took %s at once, more than the cap", humanize.Bytes(uint64(w.most)))
	}
	percent := float64(got.Exited-got.Start) / 100 // of what a core has to give
	s := writeFigures(got.Produced)
	s["own"], s["most"], s["kept"] = float64(got.CPU)/percent, float64(w.most), float64(kept)/float64(got.Lines)*100
	s["reached"] = float64(got.Bytes) / seconds(got.End-got.Start)
	if len(c.Words) > 0 {
		s["own"], s["processors"] = float64(w.cpu)/percent, float64(int64(got.CPU)-w.cpu)/percent
	}
	return s, nil
}

// A dayWatch looks at a log directory and its logger until it is stopped.
type dayWatch struct {
	dir  string
	done chan struct{}
	over sync.WaitGroup
	// most is the largest total of old files, in bytes; cpu is what the logger itself,
	// without its processors, has used up to the last look, in nanoseconds.
	most, cpu int64
}

func (w *dayWatch) start(pid int) {
	w.done = make(chan struct{})
	w.over.Go(func() {
		looks := time.NewTicker(dayLookPause)
		defer looks.Stop()
		for over := false; ; {
			w.most = max(w.most, oldBytes(w.dir))
			if cpu, err := feed.ProcessCPU(pid); err == nil {
				w.cpu = max(w.cpu, cpu)
			}
			if over {
				return
			}
			select {
			case <-w.done: // one last look
				over = true
			case <-looks.C:
			}
		}
	})
}

// stop ends the looking, if it has begun.
func (w *dayWatch) stop() {
	if w.done != nil {
		close(w.done)
		w.over.Wait()
	}
}

// oldBytes returns the total of a log directory's old files in bytes, with those
// that are not processed yet.
func oldBytes(dir string) (total int64) {
	entries, _ := os.ReadDir(dir) // it may not be there yet
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "@") || e.Name() == "previous" {
			if info, err := e.Info(); err == nil { // it may just have been removed
				total += info.Size()
			}
		}
	}
	return total
}

// checkDay compares what a log directory keeps with the last lines of dayLog, of
// which there were so many, and returns how many are kept.
func checkDay(ctx context.Context, dir string, lines int64) (kept int64, err error) {
	files, err := check.Files(dir)
	if err != nil {
		return 0, err
	}
	if err := testCompressed(ctx, files); err != nil {
		return 0, err
	}
	if kept, err = check.CountLines(files); err != nil {
		return 0, err
	}
	switch total := oldBytes(dir); {
	case kept > lines:
		return 0, fmt.Errorf("%d lines were logged of %d that were written", kept, lines)
	case kept < lines && len(files) < fileCount && total+fileBytes <= dayCapBytes:
		return 0, fmt.Errorf("%d of %d lines are there, though there are only %d files, of %s", kept, lines, len(files), humanize.Bytes(uint64(total)))
	}
	return kept, check.LastLines(files, maillog.New(dayLog()), lines-kept)
}

// testCompressed has zstd, if it is installed, test all compressed files.
func testCompressed(ctx context.Context, names []string) error {
	argv := []string{"-tq", "--"}
	for _, name := range names {
		if strings.HasSuffix(name, ".zst") {
			argv = append(argv, name)
		}
	}
	path, err := exec.LookPath("zstd")
	if err != nil || len(argv) == 2 {
		return nil
	}
	if out, err := exec.CommandContext(ctx, path, argv...).CombinedOutput(); err != nil {
		return fmt.Errorf("zstd -t: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
