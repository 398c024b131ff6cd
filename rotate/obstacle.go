package rotate

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"multilog/ioring"
)

// What may stand where a file of a log directory is to be, and what is said
// about it. Nothing but regular files is ever opened for writing, and no link is
// followed: the directory may belong to a user that the logger is not.

// notRegular returns what a file is that is no regular one, as the reason of an
// error, and nil of a regular one. mode is as in st_mode.
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

// inTheWay says what to do about a file that is no regular one.
func inTheWay(path string) string {
	return " (only a regular file can be used: move " + path + " away and start multilog again)"
}

// foreign reports whether a regular file may be another user's, which somebody
// has made a link to. It is not written to, truncated, or given another mode.
func foreign(info ioring.FileInfo) bool {
	return info.Nlink > 1 && info.UID != uint32(os.Geteuid())
}

// howToMake is the command that makes a directory which the logger's user may
// not make.
func howToMake(name string, err error) string {
	if err != syscall.EACCES && err != syscall.EPERM {
		return ""
	}
	uid, gid := os.Geteuid(), os.Getegid()
	return " (user " + strconv.Itoa(uid) + " may not; as root: install -d -m 700 -o " + strconv.Itoa(uid) + " -g " + strconv.Itoa(gid) + " " + quote(absolute(name)) + ")"
}

// howToOwn is the command that gives a log directory to the logger's user, who
// may not use it.
func howToOwn(name string, err error) string {
	if err != syscall.EACCES {
		return ""
	}
	uid, gid := strconv.Itoa(os.Geteuid()), strconv.Itoa(os.Getegid())
	return " (user " + uid + " may not; if it is that user's log, as root: chown -R " + uid + ":" + gid + " " + quote(absolute(name)) + ")"
}

// absolute is a directory's name from the root on, if that can be had.
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

// quote is a name as a shell takes it.
func quote(name string) string {
	plain := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("/._-@:+,", c)
	}
	if strings.IndexFunc(name, func(c rune) bool { return !plain(c) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
