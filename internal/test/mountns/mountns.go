// Package mountns runs tests and the benchmark in a mount namespace of their own
// (mount_namespaces(7)). The kernel unmounts what they have mounted when the last of
// their processes ends, however it ends.
//
// A program calls [Enter] at the start of main. Enter needs root; without it the
// program goes on outside, and [Entered] reports whether mounts are private.
package mountns

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Env is an environment variable. If it is set and not empty, this process is in a
// mount namespace of its own already.
const Env = "MULTILOG_MOUNT_NAMESPACE"

// Entered reports whether this process is in a mount namespace of its own.
func Entered() bool { return os.Getenv(Env) != "" }

// Enter executes this program again, with the same arguments, in a mount namespace of
// its own. It returns if the process is in one already or can't make one. Call it at
// the start of main, because the new program begins there again.
func Enter() {
	exe, err := os.Executable()
	if err != nil || os.Geteuid() != 0 || Entered() {
		return
	}
	runtime.LockOSThread() // the namespace belongs to the thread
	defer runtime.UnlockOSThread()
	if unix.Unshare(unix.CLONE_NEWNS) != nil {
		return
	}
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil {
		return
	}
	// If a name occurs twice, Go uses the first, so remove an empty one.
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, Env+"=") })
	_ = syscall.Exec(exe, os.Args, append(environ, Env+"=1"))
}
