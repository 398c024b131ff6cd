package fault

import (
	"flag"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// sideBySide is how many tests run at a time: most of them wait for a logger
// that pauses.
const sideBySide = "8"

func TestMain(m *testing.M) {
	enterMountNamespace()
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		if err := flag.Set("test.parallel", sideBySide); err != nil {
			panic(err) // the flag is package testing's
		}
	}
	code := m.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir)
	}
	os.Exit(code)
}

// namespaceEnv says that this process already runs in a mount namespace of its
// own.
const namespaceEnv = "FAULT_MOUNT_NAMESPACE"

// enterMountNamespace replaces this process by itself in a mount namespace of
// its own, so that whatever is mounted goes with the last of our processes,
// however they end. Without the right to do so it does nothing.
func enterMountNamespace() {
	exe, err := os.Executable()
	if err != nil || os.Getuid() != 0 || os.Getenv(namespaceEnv) != "" {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Unshare(unix.CLONE_NEWNS) != nil {
		return
	}
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil {
		return
	}
	_ = syscall.Exec(exe, os.Args, append(os.Environ(), namespaceEnv+"=1"))
}
