package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/internal/test/postfix"
)

// Mails that TestPostfix sends in a round, over so many connections.
const (
	mailsPerRound = 150
	mailSessions  = 5
	kills         = 3 // in the round with kills; a supervisor waits a second before each start
)

// TestPostfix runs a whole Postfix with Debian's configuration as a service. While mails flow, its logger is
// restarted, killed, rotated and stopped. The lines of each mail must be logged once.
func TestPostfix(t *testing.T) {
	if why := postfix.Missing(); why != "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	for _, s := range supervisors {
		if testing.Short() && s.name != "runit" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			logger.Need(t, s.needs...)
			r := newRun(t, s, "postfix", logger.Binary(t, "multilog"))
			server, err := postfix.PrepareDebian(t.Context(), filepath.Join(r.base, "mail"))
			must(t, err)
			t.Cleanup(server.Stop)
			must(t, server.StartSink(t.Context()))
			r.env = []string{"MAIL_CONFIG=" + server.Config()}
			r.begin(t, r.output)
			must(t, server.AwaitUp(t.Context()))
			r.runsProgram(t)

			rounds := []func(){
				func() { r.restartsQuietly(t, r.restart) },
				func() {
					for range kills {
						r.restartsQuietly(t, r.kill)
					}
				},
				func() { // a logger that is just starting may miss the signal
					logger.Until(t, "a rotation", func() bool {
						r.control(t, r.rotate, r.log)
						old, _ := filepath.Glob(filepath.Join(r.log, "main/@*"))
						return len(old) > 0
					})
				},
				func() {
					r.control(t, r.down, r.log)
					logger.Until(t, "the logger's end", func() bool { return r.loggerPID(t) == 0 })
					time.Sleep(100 * time.Millisecond) // meanwhile lines pile up in the pipe
					r.control(t, r.up, r.log)
					logger.Until(t, "the logger's start", func() bool { return r.loggerPID(t) != 0 })
				},
			}
			if testing.Short() {
				rounds = rounds[1:3]
			}
			for _, disturb := range rounds {
				sent := make(chan error)
				go func() {
					_, err := server.Send(t.Context(), mailsPerRound, 1000, mailSessions)
					sent <- err
				}()
				disturb()
				must(t, <-sent)
			}
			// Postfix logs that a mail is removed after its queue is empty.
			logger.Until(t, "the last lines of all mails", func() bool {
				_, lines, _ := mailsIn(t, filepath.Join(r.log, "main"))
				removed := 0
				for line := range lines {
					if strings.HasSuffix(line, " removed") {
						removed++
					}
				}
				return removed >= mailsPerRound*len(rounds)
			})
			r.end(t)
			checkMails(t, filepath.Join(r.log, "main"), mailsPerRound*len(rounds))
		})
	}
}

// restartsQuietly ends the logger with a signal and waits until its supervisor has
// started it again.
func (r *run) restartsQuietly(t *testing.T, signal []string) {
	t.Helper()
	pid := r.loggerPID(t)
	r.control(t, signal, r.log)
	logger.Until(t, "a restart", func() bool { now := r.loggerPID(t); return now != pid && now != 0 })
}

// mailLine matches a line about a mail: the daemon, the mail's number in the queue, and
// what happened.
var mailLine = regexp.MustCompile(`^postfix/(\w+)\[\d+\]: ([0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): (client|message-id|from|to|removed)`)

// mailsIn returns the numbers of the mails in a log directory, how often each of their lines is
// there, as in "NUMBER removed", and how many old files there are.
func mailsIn(t *testing.T, dir string) (ids map[string]bool, count map[string]int, old int) {
	t.Helper()
	files, err := filepath.Glob(dir + "/@*")
	must(t, err)
	ids, count = map[string]bool{}, map[string]int{}
	for _, file := range append(files, dir+"/current") {
		data, err := os.ReadFile(file)
		must(t, err)
		for line := range strings.Lines(string(data)) {
			l := label.FindString(line)
			if l == "" {
				t.Errorf("%s: no label: %q", file, line)
			}
			_, text, _ := strings.Cut(line[len(l):], "postfix/")
			if m := mailLine.FindStringSubmatch("postfix/" + text); m != nil {
				ids[m[2]] = true
				count[m[2]+" "+m[3]]++
			}
		}
	}
	return ids, count, len(files)
}

// checkMails checks that a log directory has each of the five lines of each mail once.
func checkMails(t *testing.T, dir string, mails int) {
	t.Helper()
	ids, count, old := mailsIn(t, dir)
	if old == 0 {
		t.Error("the log was not rotated")
	}
	if len(ids) != mails {
		t.Errorf("%d mails are in the log, %d were sent", len(ids), mails)
	}
	for id := range ids {
		for _, what := range []string{"client", "message-id", "from", "to", "removed"} {
			if n := count[fmt.Sprintf("%s %s", id, what)]; n != 1 {
				t.Errorf("mail %s: %d lines with %s, want 1", id, n, what)
			}
		}
	}
}
