package findlogs

import (
	"fmt"
	"os"
	"syscall"
)

// onlyOnce knows directories, whatever their paths.
type onlyOnce map[string]bool

// isNew reports whether the directory at path is there and was not asked about before.
func (o *onlyOnce) isNew(path string) bool {
	id, err := identity(path)
	if err != nil || (*o)[id] {
		return false
	}
	if *o == nil {
		*o = make(onlyOnce)
	}
	(*o)[id] = true
	return true
}

// identity returns what is the same for all paths of a file.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%x.%x", st.Dev, st.Ino), nil
}
