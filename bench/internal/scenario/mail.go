package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/internal/test/postfix"
)

// What smtp-source sends, and the files of the log.
const (
	mails         = 800
	mailsQuick    = 250
	mailsMore     = 3 // times as many with the processor: some ten files, of which the logger may keep a few waiting
	mailBytes     = 2000
	mailSessions  = 20
	mailFileBytes = 200000
	mailLineBytes = 1000
	mailProcessor = "sleep 1; cat"
	mailRate      = 150 // mails a second, about, to estimate the time
	mailSettle    = time.Second
	mailLastTries = 50 // how often the end of the log is looked for
	mailLastPause = 100 * time.Millisecond
)

func (e env) postfix() race.Scenario {
	count, rounds := mails, fewRounds
	if e.quick {
		count, rounds = mailsQuick, 1
	}
	job := contender.Job{Stamp: true, FileBytes: mailFileBytes, Files: contender.KeepAll, LineBytes: mailLineBytes}
	work := job
	work.Processor = mailProcessor
	s := race.Scenario{
		Name: "mail", Title: "a real Postfix and its log", Baseline: contender.Daemontools,
		About: fmt.Sprintf("A Postfix of its own, on loopback, writes its log to the logger's pipe (maillog_file = /dev/stdout), t s%d. smtp-source sends mails of %d bytes over %d connections, "+
			"smtp-sink takes them. Mails per second: until the queue is empty. CPU: the logger's own per mail, without its start; with processors: by wait4, with start and exit. "+
			"Longest write: for how long postlogd was blocked in one write at most, of all rounds, seen once a millisecond; it is absent if no write took that long.",
			mailFileBytes, mailBytes, mailSessions),
		Metrics: []race.Metric{
			{Key: "mails", Title: "mails", Unit: race.PerSecond, Leads: true},
			{Key: "cpu-mail", Title: "CPU per mail", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "wait4", Title: "with processors", Unit: race.Nanoseconds, Lower: true},
			{Key: "blocked", Title: "longest write", Unit: race.Nanoseconds, Lower: true, Of: race.Longest},
			{Key: "lines", Title: "lines per mail", Unit: race.Count},
		},
	}
	for _, c := range []struct {
		name, title string
		job         contender.Job
		count       int
		slow        bool
	}{
		{"disk", "nothing beside it", job, count, false},
		{"processor", "with the processor '!" + mailProcessor + "'", work, mailsMore * count, false},
		{"slow-disk", "the log on a disk with a slow fsync", job, count, true},
	} {
		runs := func(ctx context.Context, racer contender.Contender, root string) (race.Sample, error) {
			return e.runPostfix(ctx, racer, c.job, c.count, root)
		}
		built := race.Case{
			Name: c.name, Title: c.title, Rounds: rounds, Seconds: mailSettle.Seconds() + 1.5 + float64(c.count)/mailRate,
			Prepare: func(context.Context) (string, func(), error) { return "", nil, nil },
			Run: func(ctx context.Context, racer contender.Contender) (race.Sample, error) {
				return runs(ctx, racer, "")
			},
		}
		if c.slow {
			if e.quick {
				continue
			}
			built = e.onSlowDisk(built, runs)
		}
		prepare := built.Prepare
		built.Prepare = func(ctx context.Context) (string, func(), error) {
			if why := postfix.Missing(); why != "" {
				return "", nil, errors.New(why)
			}
			return prepare(ctx)
		}
		s.Cases = append(s.Cases, built)
	}
	return s
}

// runPostfix has a Postfix deliver mails and write its log to a logger below root.
func (e env) runPostfix(ctx context.Context, c contender.Contender, j contender.Job, count int, root string) (race.Sample, error) {
	dir, remove, err := e.RunDir(root)
	if err != nil {
		return nil, err
	}
	defer remove()
	home, err := os.MkdirTemp(e.Dir(), "postfix")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(home)
	for _, d := range []string{e.Dir(), home} { // Postfix's user goes through them
		if err := os.Chmod(d, 0o711); err != nil {
			return nil, err
		}
	}
	r, w, err := feed.NewPipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	logger, err := feed.StartLogger(ctx, c, j, dir, r)
	r.Close()
	if err != nil {
		return nil, err
	}
	defer logger.Abandon()
	if err := logger.Ready(ctx); err != nil {
		return nil, err
	}
	server, err := postfix.Start(ctx, filepath.Join(home, "postfix"), w)
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, logger.Said())
	}
	defer server.Stop()
	if err := feed.Pause(ctx, mailSettle); err != nil {
		return nil, err
	}
	from, err := feed.LookAt(logger.PID(), false)
	if err != nil {
		return nil, err
	}
	watch := server.WatchLog()
	took, err := server.Send(ctx, count, mailBytes, mailSessions)
	blocked := watch.Stop()
	if err != nil {
		return nil, err
	}
	to, err := feed.LookAt(logger.PID(), false)
	if err != nil {
		return nil, err
	}
	main := filepath.Join(dir, logger.Outputs[0].Path)
	for range mailLastTries { // Postfix logs that a mail is removed after its queue is empty
		if _, err := checkMails(main, count); err == nil {
			break
		}
		if err := feed.Pause(ctx, mailLastPause); err != nil {
			return nil, err
		}
	}
	server.Stop()
	used, err := logger.Wait()
	if err != nil {
		return nil, err
	}
	lines, err := checkMails(main, count)
	if err != nil {
		return nil, fmt.Errorf("main: %w", err)
	}
	s := race.Sample{
		"mails": float64(count) / took.Seconds(), "cpu-mail": float64(to.CPU-from.CPU) / float64(count),
		"wait4": float64(used.CPU) / float64(count), "lines": float64(lines) / float64(count),
	}
	if blocked > 0 {
		s["blocked"] = float64(blocked)
	}
	return s, nil
}

// checkMails checks that a log has, once, the lines of so many mails that were taken,
// delivered, and removed from the queue, and returns how many lines it has.
func checkMails(dir string, count int) (lines int, err error) {
	files, err := check.Files(dir)
	if err != nil {
		return 0, err
	}
	stages := [][]byte{[]byte(": client="), []byte(" status=sent "), []byte(": removed\n")}
	seen := make([]map[string]bool, len(stages))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	err = check.EachLabelled(files, func(line []byte) error {
		lines++
		if !bytes.Contains(line, []byte(" postfix/")) {
			return fmt.Errorf("line %d is not Postfix's: %q", lines, line)
		}
		for i, stage := range stages {
			if bytes.Contains(line, stage) {
				_, rest, _ := bytes.Cut(line, []byte("]: "))
				id, _, _ := bytes.Cut(rest, []byte(":"))
				if seen[i][string(id)] {
					return fmt.Errorf("line %d comes twice: %q", lines, line)
				}
				seen[i][string(id)] = true
			}
		}
		return nil
	})
	for i, stage := range stages {
		if err == nil && len(seen[i]) != count {
			err = fmt.Errorf("%d mails have a line with %q, not %d", len(seen[i]), stage, count)
		}
	}
	return lines, err
}
