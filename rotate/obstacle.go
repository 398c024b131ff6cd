package rotate

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"multilog/ioring"
)

// What else may have the name of a file of a log directory, and the messages about it.
// The logger opens nothing but regular files for writing and follows no link, because
// the directory may belong to another user than the logger's.

// notRegular returns nil for a regular file, and otherwise an error that says what the
// file is. mode is st_mode.
func notRegular(mode uint32) error {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return nil
	case syscall.S_IFDIR:
		return syscall.EISDIR
	case syscall.S_IFLNK:
		return errors.New("is a symbolic link")
	case syscall.S_IFIFO:
		return errors.New("is a FIFO")
	case syscall.S_IFSOCK:
		return errors.New("is a socket")
	}
	return errors.New("is a device")
}

// inTheWay returns the advice for an operator about a file that is not a regular one.
func inTheWay(path string) string {
	return " (only a regular file can be used: move " + path + " away and start multilog again)"
}

// foreign reports whether a regular file may belong to another user, who has made a
// link to it here. The logger does not write to such a file, truncate it or change its
// mode.
func foreign(info ioring.FileInfo) bool {
	return info.Nlink > 1 && info.UID != uint32(os.Geteuid())
}

// howToMake returns the advice with the command that makes a directory which the
// logger's user may not make; "" for other errors.
func howToMake(name string, err error) string {
	if err != syscall.EACCES && err != syscall.EPERM {
		return ""
	}
	uid, gid := os.Geteuid(), os.Getegid()
	return " (user " + strconv.Itoa(uid) + " may not; as root: install -d -m 700 -o " + strconv.Itoa(uid) + " -g " + strconv.Itoa(gid) + " " + quote(absolute(name)) + ")"
}

// howToOwn returns the advice with the command that gives a log directory to the
// logger's user, who may not use it; "" for other errors.
func howToOwn(name string, err error) string {
	if err != syscall.EACCES {
		return ""
	}
	uid, gid := strconv.Itoa(os.Geteuid()), strconv.Itoa(os.Getegid())
	return " (user " + uid + " may not; if it is that user's log, as root: chown -R " + uid + ":" + gid + " " + quote(absolute(name)) + ")"
}

// absolute returns a directory's absolute name, or name itself if that can't be found
// out.
func absolute(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	start, err := os.Getwd()
	if err != nil {
		return name
	}
	return start + "/" + strings.TrimPrefix(name, "./")
}

// quote returns a name as an argument for a shell.
func quote(name string) string {
	plain := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("/._-@:+,", c)
	}
	if strings.IndexFunc(name, func(c rune) bool { return !plain(c) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
