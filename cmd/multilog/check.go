package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/reason"
	"multilog/internal/visible"
	"multilog/pipeline/linux"
	"multilog/pipeline/script"
	"multilog/rotate/lockpage"
)

// check tells in words what the script does, and looks whether a logger could start with
// it. It starts nothing, reads no input and makes no file. It returns the exit status.
func check(args []string, w io.Writer) int {
	remarks, err := script.Explain(args)
	writeRemarks(w, remarks)
	if err != nil {
		return complain(err)
	}
	s, err := script.Parse(args)
	if err != nil {
		return complain(err)
	}
	if len(s.Sinks) == 0 {
		fmt.Fprintln(w, "no line is logged: the script has no directory, no e and no =file")
	}
	status := cmdline.ExitOK
	if _, err := linux.CheckLimits(s); err != nil {
		status = complain(err)
	}
	for _, path := range s.Status {
		if err := canWrite(path); err != nil {
			status = complain(fmt.Errorf("unable to write %s: %s", path, reason.Of(err)))
		}
	}
	seen := map[string]string{}
	for i := range s.Dirs {
		state, err := lookAtDirectory(s.Dirs[i].Name, seen)
		if err != nil {
			status = complain(err)
			continue
		}
		fmt.Fprintf(w, "%s: %s\n", visible.Text(s.Dirs[i].Name), state)
	}
	return status
}

func complain(err error) int {
	console.Say("multilog", console.Fatal, err.Error())
	return cmdline.ExitFailed
}

// argColumns is how many columns an argument may take. The remark about a longer one is
// below it.
const argColumns = 20

// writeRemarks writes each argument with what it does beside it.
func writeRemarks(w io.Writer, remarks []script.Remark) {
	width := 0
	for _, r := range remarks {
		if n := len(visible.Text(r.Arg)); n <= argColumns {
			width = max(width, n)
		}
	}
	indent := strings.Repeat(" ", width+2)
	for _, r := range remarks {
		if word, ok := strings.CutPrefix(r.Arg, "--"); ok {
			if like := cmdline.Nearest(word, []string{"help", "version", "check", "completion"}); like != "" {
				r.Text += "; did you mean --" + like + "?"
			}
		}
		arg := visible.Text(r.Arg)
		if len(arg) > width {
			arg += "\n" + indent
		} else {
			arg += indent[len(arg):]
		}
		fmt.Fprintln(w, arg+cmdline.Fill(visible.Text(r.Text), indent))
	}
}

// lookAtDirectory returns what a logger would find in a log directory, or an error if it
// could not use it. seen are the directories so far, by what they are.
func lookAtDirectory(name string, seen map[string]string) (string, error) {
	var st unix.Stat_t
	err := unix.Stat(name, &st)
	switch {
	case err == unix.ENOENT:
		parent := filepath.Dir(filepath.Clean(name))
		if err := access(parent, unix.W_OK|unix.X_OK); err != nil {
			return "", fmt.Errorf("unable to create directory %s: %s: %s", name, parent, reason.Of(err))
		}
		return "will be created, with mode 0700", nil
	case err != nil:
		return "", fmt.Errorf("unable to open directory %s: %s", name, reason.Of(err))
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return "", fmt.Errorf("unable to open directory %s: %s", name, reason.Of(unix.ENOTDIR))
	}
	key := fmt.Sprint(st.Dev, " ", st.Ino)
	if other, ok := seen[key]; ok {
		return "", fmt.Errorf("unable to lock directory %s: %s is the same, and only one action can use it", name, other)
	}
	seen[key] = name
	if err := access(name, unix.R_OK|unix.W_OK|unix.X_OK); err != nil {
		return "", fmt.Errorf("unable to write to directory %s: %s", name, reason.Of(err))
	}
	for _, file := range []string{"lock", "current", "next", "previous", "processed", "state", "newstate"} {
		if err := canUse(name + "/" + file); err != nil {
			return "", fmt.Errorf("unable to use %s/%s: %s", name, file, reason.Of(err))
		}
	}
	return "can be written" + heldNow(name), nil
}

// canUse returns why a logger could not use a file in a log directory, or nil.
func canUse(path string) error {
	var st unix.Stat_t
	switch err := unix.Lstat(path, &st); {
	case err == unix.ENOENT:
		return nil
	case err != nil:
		return err
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return errors.New("it is not a regular file")
	}
	return access(path, unix.R_OK|unix.W_OK)
}

// heldNow returns which process holds a log directory now: the script cannot start before
// that has ended.
func heldNow(dir string) string {
	f, err := os.OpenFile(dir+"/lock", os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	switch h := lockpage.HolderOf(int(f.Fd())); {
	case h.PID > 0:
		return fmt.Sprintf("; now a logger uses it, pid %d", h.PID)
	case h.Held:
		return "; now a logger uses it"
	}
	return ""
}

// canWrite returns why a status file could not be written or made, or nil.
func canWrite(path string) error {
	err := access(path, unix.W_OK)
	if err == unix.ENOENT {
		return access(filepath.Dir(path), unix.W_OK|unix.X_OK)
	}
	var st unix.Stat_t
	if err == nil && unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return unix.EISDIR
	}
	return err
}

// access returns why this process may not use a file in that way, or nil.
func access(path string, mode uint32) error {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
}
