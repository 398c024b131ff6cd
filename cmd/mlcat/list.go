package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/cmd/mlcat/internal/leap"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/findlogs"
	"multilog/internal/visible"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// A summary is what --list shows of a log.
type summary struct {
	Dir   string     `json:"dir"` // or the path of a single file
	Host  string     `json:"host,omitempty"`
	Log   string     `json:"log,omitempty"`
	First *time.Time `json:"first,omitempty"` // of its lines, as far as times are known
	Last  *time.Time `json:"last,omitempty"`
	Files int        `json:"files"`
	Bytes int64      `json:"bytes"` // of the files
}

// showList shows the logs that are named or, if none are, all that can be found.
func (p *program) showList() error {
	if len(p.dirs) == 0 {
		found := findlogs.All(findlogs.Path())
		for _, err := range found.Refused {
			p.warn(err)
		}
		if p.dirs = found.Logs; len(p.dirs) == 0 {
			return errors.New("unable to find logs in " + strings.Join(findlogs.Path(), ", ") + " (MLCAT_PATH can name other directories)")
		}
	}
	logs, err := p.open(nil, nil)
	if err != nil {
		return err
	}
	var all []summary
	for _, s := range logs {
		all = append(all, p.summarize(s))
	}
	if p.format.Name == "json" {
		to := json.NewEncoder(p.out)
		for _, s := range all {
			if err := to.Encode(s); err != nil {
				return err
			}
		}
		return nil
	}
	return p.printList(all)
}

// printList prints a table.
func (p *program) printList(all []summary) error {
	zone := localtime.FromEnv()
	if p.format.UTC {
		zone = localtime.New("UTC0", "")
	}
	clock := localtime.NewFormatter(zone)
	shown := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		text, _ := clock.Append(nil, tai64n.Of(*t))
		return string(text[:len(text)-len(".000000000")])
	}
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FIRST\tLAST\tFILES\tSIZE\tLOG")
	for _, s := range all {
		size := strings.ReplaceAll(humanize.IBytes(uint64(s.Bytes)), " ", "")
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", shown(s.First), shown(s.Last), s.Files, size, visible.Text(s.Dir))
	}
	return w.Flush()
}

// summarize returns what is shown of a log.
func (p *program) summarize(s *source.Source) summary {
	from := p.style.Logs[s.Number]
	sum := summary{Dir: from.Dir, Host: from.Host, Log: from.Log, Files: s.Len()}
	if s.Dir() == nil { // a single file, or standard input
		sum.Dir = s.Path()
	}
	for i := range s.Len() {
		if size, err := s.File(i).Size(); err == nil {
			sum.Bytes += size
		}
	}
	first, last := s.Span()
	sum.First, sum.Last = p.timeOf(first), p.timeOf(last)
	for i := range s.Len() {
		s.Done(i)
	}
	return sum
}

// timeOf returns the time of a label, or nil if there is none.
func (p *program) timeOf(l *tai64n.Label) *time.Time {
	if l == nil {
		return nil
	}
	if p.tai {
		*l = leap.FromTAI(*l)
	}
	t := l.Time().UTC()
	return &t
}
