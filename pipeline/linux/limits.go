package linux

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// Before a logger opens anything, it checks the limits that it could exceed later. If
// they are too low it says so and exits, and has taken no input.
//
// With this many descriptors, every file is logged, processed and renamed in the end:
// an operation that gets none is tried again after some seconds. With twice as many, no
// operation fails. Five descriptors are in use at this time: the standard ones, and two
// of Go's runtime.
const (
	ownFiles       = 9 // ring, pipe, eventfds, epoll sets; two are for Go's poller if it is needed
	passingFiles   = 2 // open for a moment, for a file that is listed, renamed or opened again
	dirFiles       = 4 // the directory, lock, current, next
	processorFiles = 8 // previous, processed, state, newstate, and four while the program is started and waited for
)

// Threads that Go's runtime and the loop create, besides the four that exist from the
// start. The runtime ends the process if it can't create one. Few are needed all the
// time; the others come and go.
const (
	ownTasks       = 20
	keptTasks      = 8
	processorTasks = 3 // one waits for the program, one starts it, and the program itself

	// If the limit of the user or the control group is lower, threads are counted and
	// no ring is used, because the kernel decides how many workers a ring has.
	scarceTasks = 256
)

// spareBytes is more than the growth of Go's heap, the buffers and the stacks of
// threads.
const spareBytes = 64 << 20

// Limits tells Open which resources are scarce.
type Limits struct {
	ScarceTasks bool // threads: the pool does operations on files, not the ring and its workers
}

// CheckLimits checks whether the limits of the process leave room for what the script
// needs. If not, it returns an error of type *rotate.Error. In the script, it lowers
// the sizes of files to the limit for file sizes, and limits how many processors run at
// a time. If threads are scarce it creates those that are needed all the time.
func CheckLimits(s *script.Script) (Limits, error) {
	if err := fitFileSize(s); err != nil {
		return Limits{}, err
	}
	processors, err := fitProcessors(s)
	if err != nil {
		return Limits{}, err
	}
	tasks := ownTasks + processorTasks*processors
	if err := ioring.SpareMemory(spareBytes); err != nil {
		return Limits{}, &rotate.Error{What: fmt.Sprintf("reserve %d MiB of memory", spareBytes>>20), Err: err,
			More: " (a limit of 2 GB for addresses, 256 MB for data is enough, see softlimit -a, -d, -m, ulimit -v, -d)"}
	}
	l := Limits{ScarceTasks: tasksLimit() < uint64(max(scarceTasks, 2*tasks))}
	if !l.ScarceTasks {
		return l, nil
	}
	if spare, err := ioring.SpareTasks(tasks); err == syscall.EAGAIN {
		return l, &rotate.Error{What: "reserve threads and processes", Err: err, More: shortOf(tasks, spare, "softlimit -p, ulimit -u, pids.max")}
	}
	ioring.RaiseThreads(keptTasks)
	return l, nil
}

// fitProcessors returns how many processors may run at a time: all of the script, or,
// if descriptors are scarce, as many as they suffice for, at least one. Then the
// directories take turns.
func fitProcessors(s *script.Script) (int, error) {
	processors := 0
	for _, d := range s.Dirs {
		if len(d.Command) > 0 {
			processors++
		}
	}
	files := ownFiles + passingFiles + len(s.Status) + dirFiles*len(s.Dirs)
	spare, err := ioring.SpareFiles(files + processorFiles*processors)
	if err == nil {
		return processors, nil
	}
	if least := files + processorFiles*min(processors, 1); spare < least {
		return 0, &rotate.Error{What: "reserve descriptors", Err: err, More: shortOf(least, spare, "softlimit -o, ulimit -n")}
	}
	processors = (spare - files) / processorFiles
	turns := rotate.NewTurns(processors)
	for i := range s.Dirs {
		s.Dirs[i].Turns = turns
	}
	return processors, nil
}

// leastFileBytes is the smallest file size that a script can ask for, and the size of
// the lock page. A status file is smaller.
const leastFileBytes = 4096

// fitFileSize lowers the sizes of files in the script to the limit for file sizes.
// Otherwise a file could not be filled, would never be finished, and the service would
// wait.
func fitFileSize(s *script.Script) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil || limit.Cur > math.MaxInt64 {
		return nil // no limit
	}
	if limit.Cur < leastFileBytes && len(s.Dirs)+len(s.Status) > 0 {
		return &rotate.Error{What: "write files of " + strconv.Itoa(leastFileBytes) + " bytes", Err: syscall.EFBIG,
			More: fmt.Sprintf(" (the limit is %d bytes, see softlimit -f, ulimit -f)", limit.Cur)}
	}
	for i := range s.Dirs {
		d := &s.Dirs[i]
		if most := int64(limit.Cur); d.Size > most {
			console.Say("multilog", console.Warning, fmt.Sprintf("files in %s are finished at %d bytes, the limit for file sizes (softlimit -f, ulimit -f), not at %d", d.Name, most, d.Size))
			d.Size = most
		}
	}
	return nil
}

// shortOf returns advice about a limit.
func shortOf(want, have int, limit string) string {
	return fmt.Sprintf(" (%d are needed, %d are left: raise the limit by %d, see %s)", want, have, want-have, limit)
}

// tasksLimit returns how many threads and processes the user or the control group may
// have.
func tasksLimit() uint64 {
	least := uint64(math.MaxUint64)
	var user unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &user); err == nil && os.Getuid() != 0 { // the limit does not apply to root
		least = user.Cur
	}
	_, group, _ := strings.Cut("\n"+readText("/proc/self/cgroup"), "\n0::")
	group, _, _ = strings.Cut(group, "\n")
	for ; strings.HasPrefix(group, "/"); group = group[:strings.LastIndexByte(group, '/')] {
		text := readText("/sys/fs/cgroup" + group + "/pids.max")
		if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64); err == nil { // otherwise it is "max"
			least = min(least, n)
		}
	}
	return least
}

// readText returns the first bytes of a small file, or "" if it can't read it. It does
// not use package os, with which Go's poller would watch the descriptor.
func readText(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(fd) }()
	var text [4096]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return ""
	}
	return string(text[:n])
}
