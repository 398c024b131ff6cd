package report

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dustin/go-humanize"
)

// A Machine is what figures depend on, and should be read with.
type Machine struct {
	Kernel     string  `json:"kernel"`
	CPU        string  `json:"cpu"`
	Cores      int     `json:"cores"`
	Memory     uint64  `json:"memory"`     // bytes
	Filesystem string  `json:"filesystem"` // of the logs
	Mount      string  `json:"mount_options"`
	Go         string  `json:"go"`
	Load       float64 `json:"load"` // average of the last minute, at the start
}

// busyLoad is the load for each core above which figures are only hints.
const busyLoad = 0.25

// LookAround describes this machine and the file system that dir is on.
func LookAround(dir string) Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: "unknown processor"}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		m.Kernel = unix.ByteSliceToString(uts.Release[:]) + " " + unix.ByteSliceToString(uts.Machine[:])
	}
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		m.Memory = uint64(si.Totalram) * uint64(si.Unit)
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	m.Filesystem, m.Mount = mountOf(dir)
	return m
}

// mountOf returns the type and the options of the file system that dir is on.
func mountOf(dir string) (fstype, options string) {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "unknown", ""
	}
	defer f.Close()
	best := -1
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// id parent dev root mountpoint options optional... - type source superoptions
		before, after, ok := strings.Cut(lines.Text(), " - ")
		head, tail := strings.Fields(before), strings.Fields(after)
		if !ok || len(head) < 6 || len(tail) < 3 {
			continue
		}
		point := head[4]
		if (dir == point || strings.HasPrefix(dir, strings.TrimSuffix(point, "/")+"/")) && len(point) >= best {
			best, fstype, options = len(point), tail[0], tail[2]
		}
	}
	return fstype, options
}

// lines describes the machine to people.
func (m Machine) lines() []string {
	lines := []string{
		fmt.Sprintf("%s, %d cores, %s", m.CPU, m.Cores, humanize.IBytes(m.Memory)),
		fmt.Sprintf("Linux %s, logs on %s (%s), %s", m.Kernel, m.Filesystem, m.Mount, m.Go),
	}
	if m.Load > busyLoad*float64(m.Cores) {
		lines = append(lines, fmt.Sprintf("the machine is busy with other things (load %.2f): figures are hints, not results", m.Load))
	}
	if m.Filesystem == "tmpfs" {
		lines = append(lines, "on tmpfs an fsync costs nothing: -dir names a directory on a disk")
	}
	return lines
}
