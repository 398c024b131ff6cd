package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/zstd"

	"multilog/bench/maillog"
)

// A day of a mail exchanger's log, compressed on the way, under a cap.
const (
	dayBytes      = 2_000_000_000
	dayQuickBytes = 200_000_000
	dayPace       = 30_000_000 // bytes a second: far beyond any mail exchanger, to end soon
	dayChunkBytes = 4096
	dayFiles      = 20
	dayLineBytes  = 1000 // more than any line has
	dayCapBytes   = 200_000_000
	dayCapWord    = "c200MB"
	dayLookPause  = 50 * time.Millisecond // between two looks at the directory
	dayCheckPace  = 500_000_000           // bytes a second, about
)

// dayLog is what the producer writes, and what must be there in the end.
var dayLog = maillog.Config{Seed: 2, Kind: maillog.Mixed}

var day = &scenario{
	name:     "day",
	title:    "a day of mail log, compressed and kept within a cap",
	baseline: oursName,
	about: fmt.Sprintf("A made-up mail exchanger's log, written at %s/s in writes of whole lines, 4 KiB at most, each timed, with t s%d n%d; ours also with z %s. ",
		humanize.Bytes(dayPace), fileBytes, dayFiles, dayCapWord) +
		"Most at once: the largest total of the old files, pending ones included, looked for every 50 ms; more than the cap fails. In the end every .s.zst must pass zstd -t, and what is kept must be the log's last lines, " +
		"byte for byte and in order. CPU in parts of a core: the logger's own, and its processors'. Kept: what part of all lines.",
	metrics: []metric{
		{key: "max", title: "longest write", unit: nanoseconds, lower: true, leads: true},
		{key: "p99", title: "p99", unit: nanoseconds, lower: true},
		{key: "p999", title: "p99.9", unit: nanoseconds, lower: true},
		{key: "full-times", title: "pipe full", unit: count, lower: true},
		{key: "own", title: "logger's CPU", unit: percent, lower: true, leads: true},
		{key: "processors", title: "processors' CPU", unit: percent, lower: true},
		{key: "most", title: "most at once", unit: decimalBytes, lower: true},
		{key: "kept", title: "kept", unit: percent},
		{key: "reached", title: "written at", unit: bytesPerSecond},
	},
	racers: func(b *bench) []contender {
		var out []contender
		for _, c := range b.contenders {
			if c.peer && c.Name != daemontoolsName {
				continue
			}
			out = append(out, c)
			if !c.peer {
				c.Name, c.Words = c.Name+" z "+dayCapWord, []string{"z", dayCapWord}
				out = append(out, c)
			}
		}
		return out
	},
	cases: func(b *bench) []testcase {
		size := int64(dayBytes)
		if b.quick {
			size = dayQuickBytes
		}
		return []testcase{{
			name: "mail", title: humanize.Bytes(uint64(size)) + " of mail log", note: zstdNote(), rounds: 1,
			seconds: float64(size)/dayPace + float64(size)/dayCheckPace + 2,
			run: func(ctx context.Context, b *bench, c contender) (sample, error) {
				return b.runDay(ctx, c, size)
			},
		}}
	},
}

// zstdNote says how compressed files are read, if not by zstd.
func zstdNote() string {
	if _, err := exec.LookPath("zstd"); err != nil {
		return "zstd is not installed: compressed files are read by this program instead"
	}
	return ""
}

// runDay writes size bytes of log through a logger and looks at what is left.
func (b *bench) runDay(ctx context.Context, c contender, size int64) (sample, error) {
	dir, remove, err := b.runDir(b.dir)
	if err != nil {
		return nil, err
	}
	defer remove()
	settle(b.dir)
	w := &dayWatch{dir: filepath.Join(dir, "main")}
	got, err := feed{
		contender: c, dir: dir,
		job:   job{stamp: true, fileBytes: fileBytes, files: dayFiles, lineBytes: dayLineBytes},
		order: order{Mail: size, Pace: dayPace, Chunk: dayChunkBytes, Timed: true},
		during: func(_ context.Context, lg *logger) error {
			w.start(lg.cmd.Process.Pid)
			return nil
		},
	}.run(ctx)
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
	core := float64(got.exited-got.Start) / 100 // a percent of what a core has to give
	s := sample{
		"max": float64(got.Waits.Max), "p99": float64(got.Waits.P99), "p999": float64(got.Waits.P999), "full-times": float64(got.FullTimes),
		"own": float64(got.cpu) / core, "most": float64(w.most), "kept": float64(kept) / float64(got.Lines) * 100,
		"reached": float64(got.Bytes) / seconds(got.End-got.Start),
	}
	if len(c.Words) > 0 {
		s["own"], s["processors"] = float64(w.cpu)/core, float64(int64(got.cpu)-w.cpu)/core
	}
	return s, nil
}

// A dayWatch looks at a log directory and its logger until it is stopped.
type dayWatch struct {
	dir  string
	done chan struct{}
	over sync.WaitGroup
	// most is the largest total of old files, in bytes, and cpu what the logger
	// itself, without its processors, has used up to the last look, in nanoseconds.
	most, cpu int64
}

func (w *dayWatch) start(pid int) {
	w.done = make(chan struct{})
	w.over.Go(func() {
		looks := time.NewTicker(dayLookPause)
		defer looks.Stop()
		for over := false; ; {
			w.most = max(w.most, oldBytes(w.dir))
			if cpu, err := processCPU(pid); err == nil {
				w.cpu = max(w.cpu, cpu)
			}
			if over {
				return
			}
			select {
			case <-w.done: // a last look
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

// oldBytes is the total of a log directory's old files, those included that are
// not processed yet, in bytes.
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

// checkDay holds what a log directory keeps against the last lines of dayLog, of
// which there were so many, and says how many are kept.
func checkDay(ctx context.Context, dir string, lines int64) (kept int64, err error) {
	names, err := logFiles(dir)
	if err != nil {
		return 0, err
	}
	if err := testCompressed(ctx, names); err != nil {
		return 0, err
	}
	if err := eachLine(names, func([]byte) error { kept++; return nil }); err != nil {
		return 0, err
	}
	total := oldBytes(dir)
	switch full := total+fileBytes > dayCapBytes; {
	case kept > lines:
		return 0, fmt.Errorf("%d lines, of %d that were written", kept, lines)
	case kept < lines && len(names) < dayFiles && !full:
		return 0, fmt.Errorf("lines were removed, though there are only %d files, of %s", len(names), humanize.Bytes(uint64(total)))
	}
	log := maillog.New(dayLog)
	for range lines - kept {
		log.Next()
	}
	var last []byte
	number := int64(0)
	return kept, eachLine(names, func(got []byte) error {
		number++
		line, _, err := unlabel(got, &last)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if want := log.Next(); !bytes.Equal(line, want) {
			return fmt.Errorf("line %d of the last %d: want %s, have %s", number, kept, quote(want), quote(line))
		}
		return nil
	})
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

// eachLine goes through the lines of a log's files, compressed or not, one after
// another: a line has its newline, and may go on in the next file.
func eachLine(names []string, do func(line []byte) error) error {
	files := &logReader{names: names}
	defer files.close()
	in := bufio.NewReaderSize(files, checkBufBytes)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a torn line, %s: %w", quote(line), err)
		}
		if err := do(line); err != nil {
			return err
		}
	}
}

// A logReader reads a log's files as one.
type logReader struct {
	names []string // still to be read
	file  *os.File
	zstd  *zstd.Decoder // of file, nil where it is not compressed
}

func (r *logReader) Read(p []byte) (int, error) {
	for {
		if r.file == nil {
			if len(r.names) == 0 {
				return 0, io.EOF
			}
			if err := r.open(r.names[0]); err != nil {
				return 0, err
			}
			r.names = r.names[1:]
		}
		var from io.Reader = r.file
		if r.zstd != nil {
			from = r.zstd
		}
		n, err := from.Read(p)
		switch {
		case n > 0:
			return n, nil
		case errors.Is(err, io.EOF):
			r.close()
		case err != nil:
			return 0, fmt.Errorf("%s: %w", filepath.Base(r.file.Name()), err)
		}
	}
}

func (r *logReader) open(name string) (err error) {
	if r.file, err = os.Open(name); err == nil && strings.HasSuffix(name, ".zst") {
		r.zstd, err = zstd.NewReader(r.file)
	}
	return err
}

func (r *logReader) close() {
	if r.zstd != nil {
		r.zstd.Close()
	}
	if r.file != nil {
		r.file.Close()
	}
	r.file, r.zstd = nil, nil
}
