package self

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const atExecfn = 31 // AT_EXECFN of getauxval(3)

// startedAs returns the path that was given to execve(2).
func startedAs() string {
	vector, err := unix.Auxv()
	if err != nil {
		return os.Args[0]
	}
	for _, entry := range vector {
		if entry[0] == atExecfn {
			// The kernel has put a string there, which stays as long as the process.
			return unix.BytePtrToString(*(**byte)(unsafe.Pointer(&entry[1])))
		}
	}
	return os.Args[0]
}
