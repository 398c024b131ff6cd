package scenario

import (
	"cmp"
	"context"
	"slices"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/bench/maillog"
)

// A feeding is a way in which input reaches a logger.
type feeding struct {
	name, title string
	chunk       int      // bytes in a write; 0: a line
	file        bool     // as standard input
	mib, quick  int      // size of the input
	loads       []string // names; quick runs have the last one only, but for the first feeding
	rounds      int
}

func feedings() []feeding {
	return []feeding{
		{name: "pipe-64k", title: "a pipe in 64 KB writes", chunk: chunkBytes, mib: 64, quick: 24, loads: []string{"plain-63", "t-63", "mail"}, rounds: fullRounds},
		{name: "pipe-line", title: "a pipe in a write per line", mib: 16, quick: 4, loads: []string{"mail", "t-63"}, rounds: fewRounds},
		{name: "file", title: "a file as stdin", file: true, mib: 64, quick: 24, loads: []string{"t-63"}, rounds: fewRounds},
	}
}

// A load is what the lines look like, and what is done with them.
type load struct {
	name, title string
	stamp, mail bool
	fileBytes   int // of a log's file; 0: fileBytes
	files       int // at most; 0: fileCount
}

// The loads.
func plainLoad() load { return load{name: "plain-63", title: "plain, 63-byte lines"} }
func stampLoad() load { return load{name: "t-63", title: "t, 63-byte lines", stamp: true} }
func mailLoad() load {
	return load{
		name: "mail", title: "t, a mail service's patterns, two directories, =status on a tenth of the lines", stamp: true, mail: true,
	}
}

// mailShare divides the input of the mail load, since a peer writes every status
// file through to the disk.
const mailShare = 3

func (e env) throughput() race.Scenario {
	s := race.Scenario{
		Name: "throughput", Title: "as fast as it goes", Baseline: contender.Daemontools, Metrics: throughputMetrics(),
		About: "A producer, a process of its own that is not counted, writes log lines as fast as the logger takes them. " +
			"Taken at: from the first write until the pipe is empty, which is what the service feels. With exit: until the logger has ended, " +
			"its files synced. CPU: user and system time of the logger from wait4, its start included. A file as stdin has no producer: both speeds are from start to exit.",
	}
	for i, f := range feedings() {
		for _, l := range []load{plainLoad(), stampLoad(), mailLoad()} {
			loads := f.loads
			if e.quick && i > 0 {
				loads = loads[len(loads)-1:]
			}
			if slices.Contains(loads, l.name) {
				s.Cases = append(s.Cases, e.feedingCase(f, l))
			}
		}
	}
	return s
}

// feedingCase is a load fed in a way.
func (e env) feedingCase(f feeding, l load) race.Case {
	size, rounds := f.mib<<20, f.rounds
	if e.quick {
		size, rounds = f.quick<<20, fastRounds
	}
	nanos, length, note := float64(lineNanos), lineBytes, ""
	if f.chunk == 0 && !f.file {
		nanos += writeNanos
	}
	if l.mail {
		size, length = size/mailShare, maillog.MeanLine
		nanos += mailNanos
		note = "svlogd has no status file and writes none; s6-log's patterns are regular expressions"
	}
	return race.Case{
		Name: f.name + "-" + l.name, Title: f.title + ": " + l.title, Note: note, Series: f.title,
		Rounds: rounds, Seconds: runTakes(size, length, nanos),
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			in, err := e.loadInput(l, size)
			if err != nil {
				return nil, err
			}
			j := contender.Job{Stamp: l.stamp, Mail: l.mail, FileBytes: cmp.Or(l.fileBytes, fileBytes), Files: cmp.Or(l.files, fileCount)}
			if f.file {
				return e.fromFile(ctx, c, j, in)
			}
			return e.flood(ctx, c, j, in, f.chunk)
		},
	}
}

// loadInput returns the input of a load.
func (e env) loadInput(l load, size int) (*feed.Input, error) {
	if l.mail {
		return e.mail(size)
	}
	return e.numbered(lineBytes, size)
}

// fromFile has a contender read an input from a file, and checks what it logs.
func (e env) fromFile(ctx context.Context, c contender.Contender, j contender.Job, in *feed.Input) (race.Sample, error) {
	dir, remove, err := e.RunDir("")
	if err != nil {
		return nil, err
	}
	defer remove()
	j.LineBytes = in.Longest
	logger, used, err := feed.FromFile(ctx, c, j, in, dir)
	if err != nil {
		return nil, err
	}
	if err := (check.Checker{Dir: dir, Input: in.Data, Tail: removes(j, in)}).Check(logger.Outputs); err != nil {
		return nil, err
	}
	s := costs(used, in)
	s["speed"] = float64(len(in.Data)) / seconds(logger.Exited-logger.Started)
	s["exit-speed"] = s["speed"]
	return s, nil
}
