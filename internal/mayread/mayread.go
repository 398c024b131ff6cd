// Package mayread tells who may read what the caller may not.
package mayread

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Explain returns err with who may read its path, if err is an [fs.PathError] that permission
// was denied: "permission denied: it takes log or root (DIR has owner log, group adm,
// mode 0700)". DIR is the file or, if that can't be reached, the first directory on the way to it that
// may not be entered. Explain returns any other err as it is.
func Explain(err error) error {
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) || !errors.Is(pathErr.Err, fs.ErrPermission) {
		return err
	}
	who := Who(pathErr.Path)
	if who == "" {
		return err
	}
	return &fs.PathError{Op: pathErr.Op, Path: pathErr.Path, Err: explained{pathErr.Err, who}}
}

// explained is an error with who may.
type explained struct {
	error
	who string
}

func (e explained) Error() string { return e.error.Error() + ": " + e.who }

func (e explained) Unwrap() error { return e.error }

// Who tells who may read the file at path. It returns "" if the caller may, or if that can't
// be found out.
func Who(path string) string {
	barrier := barrier(path)
	if barrier == "" {
		return ""
	}
	info, err := os.Stat(barrier)
	if err != nil {
		return ""
	}
	st := info.Sys().(*syscall.Stat_t)
	owner, group := userName(st.Uid), groupName(st.Gid)
	need := fs.FileMode(0o040)
	if info.IsDir() {
		need = 0o010
	}
	who := []string{owner}
	if st.Uid != 0 {
		who = append(who, "root")
	}
	if info.Mode()&need != 0 {
		who = append(who, "group "+group)
	}
	return fmt.Sprintf("it takes %s (%s has owner %s, group %s, mode %04o)",
		strings.Join(who, " or "), barrier, owner, group, info.Mode().Perm())
}

// barrier returns the first part of path that the caller may not enter, or path if it may not
// read that, or "".
func barrier(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	var above []string
	for dir := filepath.Dir(abs); ; dir = filepath.Dir(dir) {
		above = append(above, dir)
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for i := len(above) - 1; i >= 0; i-- {
		if errors.Is(unix.Access(above[i], unix.X_OK), fs.ErrPermission) {
			return above[i]
		}
	}
	if errors.Is(unix.Access(abs, unix.R_OK), fs.ErrPermission) {
		return abs
	}
	return ""
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
