package postfix

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// LookPause is the time between two looks of a [Blocked], and so the error of what
// it finds.
const LookPause = time.Millisecond

// A Blocked looks at postlogd and finds out how long it was blocked in a write of the
// log: its system call in /proc/PID/syscall is write(2) at two looks, and it has not
// run between them (/proc/PID/schedstat). Writes that take less than two looks are
// not seen.
type Blocked struct {
	session int
	done    chan struct{}
	over    sync.WaitGroup
	longest time.Duration
}

// WatchLog begins to look.
func (s *Server) WatchLog() *Blocked {
	b := &Blocked{session: s.PID(), done: make(chan struct{})}
	b.over.Go(b.watch)
	return b
}

// Stop ends the looking and returns the longest time for which postlogd was blocked
// in one write.
func (b *Blocked) Stop() time.Duration {
	close(b.done)
	b.over.Wait()
	return b.longest
}

func (b *Blocked) watch() {
	looks := time.NewTicker(LookPause)
	defer looks.Stop()
	pid, last := 0, ""
	var since time.Time
	for {
		select {
		case <-b.done:
			return
		case <-looks.C:
		}
		state := ""
		if pid != 0 {
			var ok bool
			if state, ok = blockedWrite(pid); !ok {
				pid = 0
			}
		}
		if pid == 0 {
			pid = findPostlogd(b.session)
		}
		switch {
		case state == "" || state != last:
			last, since = state, time.Now()
		default:
			b.longest = max(b.longest, time.Since(since))
		}
	}
}

// blockedWrite returns what identifies the write in which a process is blocked; empty
// if it is in none. ok is false if there is no such process.
func blockedWrite(pid int) (state string, ok bool) {
	sysWrite := fmt.Sprintf("%d ", unix.SYS_WRITE)
	call, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	if err != nil {
		return "", false
	}
	if !strings.HasPrefix(string(call), sysWrite) {
		return "", true
	}
	runs, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return "", false
	}
	return string(call) + string(runs), true
}

// findPostlogd returns the process id of the postlogd of a session; 0 if it has none.
func findPostlogd(session int) int {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		_, after, ok := strings.Cut(string(text), " (postlogd) ")
		// state ppid pgrp session
		if fields := strings.Fields(after); err == nil && ok && len(fields) > 3 && fields[3] == strconv.Itoa(session) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			return pid
		}
	}
	return 0
}
