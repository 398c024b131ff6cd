package lockpage

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Holder is the process that has locked a log directory, as far as the system tells.
type Holder struct {
	Held bool // a process has it locked
	PID  int  // in this pid namespace; 0 if it is not known
}

// HolderOf reads the kernel's list at most looks times, and believes that a lock is not there
// if agree lists in a row are equal and do not have it.
const (
	looks = 100
	agree = 4
)

// HolderOf returns which process has locked the file that is open as fd, by the
// kernel's list of locks. It does not try the lock, because a logger that starts at
// that moment would find the directory locked.
//
// The kernel returns the list in pieces of 4 KiB. If a lock in an earlier piece is
// released between two reads, the next piece lacks a lock that still exists. So
// HolderOf believes that no process has locked the file only if several lists are equal, or
// after many. Two are not enough: beside a process that locks and unlocks all the time,
// both may lack the lock.
func HolderOf(fd int) Holder {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return Holder{}
	}
	names := devices(fd, st.Dev)
	before, equal := "", 0
	for range looks {
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			return Holder{}
		}
		h := holderIn(string(locks), st.Ino, names)
		if string(locks) != before {
			before, equal = string(locks), 0
		}
		if equal++; h.Held || equal == agree {
			return h
		}
	}
	return Holder{}
}

// devices returns the numbers by which the list of locks may call a file's device: that
// of the file and that of the mounted file system. The two differ on btrfs.
func devices(fd int, dev uint64) []string {
	name := func(major, minor uint32) string { return fmt.Sprintf("%02x:%02x", major, minor) }
	names := []string{name(unix.Major(dev), unix.Minor(dev))}
	info, _ := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	_, id, _ := strings.Cut(string(info), "mnt_id:")
	id, _, _ = strings.Cut(id, "\n")
	for line := range strings.Lines(string(mounts)) {
		// 36 35 98:0 /mnt1 /mnt2 rw,noatime ...
		if f := strings.Fields(line); len(f) > 2 && f[0] == strings.TrimSpace(id) {
			var major, minor uint32
			if _, err := fmt.Sscanf(f[2], "%d:%d", &major, &minor); err == nil {
				names = append(names, name(major, minor))
			}
		}
	}
	return names
}

// holderIn returns which process has a lock for writing on the file with that inode on
// one of the devices. locks is a list as in proc_locks(5).
func holderIn(locks string, ino uint64, devices []string) (h Holder) {
	for line := range strings.Lines(locks) {
		// 1: FLOCK  ADVISORY  WRITE 1234 fe:00:5308521 0 EOF
		f := strings.Fields(line)
		if len(f) < 6 || f[3] != "WRITE" || f[1] != "FLOCK" && f[1] != "POSIX" && f[1] != "OFDLCK" {
			continue
		}
		at := strings.LastIndexByte(f[5], ':')
		if at < 0 || f[5][at+1:] != strconv.FormatUint(ino, 10) || !slices.Contains(devices, f[5][:at]) {
			continue
		}
		h.Held = true
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 && pid <= maxPID {
			h.PID = pid
		}
	}
	return h
}

// is reports whether the holder is the process with the number pid in its own pid
// namespace. That namespace may differ from the reader's.
func (h Holder) is(pid int) bool {
	if !h.Held || pid == 0 {
		return false
	}
	if h.PID == pid || h.PID == 0 {
		return true // nothing says otherwise
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID))
	_, numbers, _ := strings.Cut(string(status), "\nNSpid:")
	numbers, _, _ = strings.Cut(numbers, "\n")
	f := strings.Fields(numbers)
	return len(f) > 0 && f[len(f)-1] == strconv.Itoa(pid)
}
