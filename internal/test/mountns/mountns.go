// Package mountns runs tests and the benchmark in a mount namespace of their own
// (mount_namespaces(7)), so that whatever is mounted goes away with the last of
// their processes, however they end.
package mountns

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Env is the variable of the environment that says, by any value but an empty one,
// that this process is in a mount namespace of its own already.
const Env = "MULTILOG_MOUNT_NAMESPACE"

// Entered says whether this process is in a mount namespace of its own.
func Entered() bool { return os.Getenv(Env) != "" }

// Enter replaces this process by itself, with the same arguments, in a mount
// namespace of its own. It returns where the process is in one, or may not have one:
// [Entered] tells. It is for the start of main: what was done before is done again.
func Enter() {
	exe, err := os.Executable()
	if err != nil || os.Geteuid() != 0 || Entered() {
		return
	}
	runtime.LockOSThread() // the namespace is the thread's
	defer runtime.UnlockOSThread()
	if unix.Unshare(unix.CLONE_NEWNS) != nil {
		return
	}
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil {
		return
	}
	// Of a name that is there twice Go takes the first: an empty one must go.
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, Env+"=") })
	_ = syscall.Exec(exe, os.Args, append(environ, Env+"=1"))
}
