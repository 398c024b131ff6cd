package main_test

// The commands in this file put something in a logger's way.
//
//	tmpfs DIR SIZE  mount a tmpfs of SIZE bytes on the new directory DIR
//	readonly DIR    make that file system read-only
//	lock FILE       hold the lock as another logger would, until the script ends

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// cmdTmpfs mounts a small file system of SIZE bytes on the new directory DIR.
func cmdTmpfs(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(dir, 0o755))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]); err != nil {
		ts.Fatalf("tmpfs: %v", err)
	}
	ts.Defer(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
}

// cmdReadOnly makes the tmpfs on DIR read-only.
func cmdReadOnly(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(unix.Mount("", ts.MkAbs(args[0]), "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
}

// cmdLock takes an exclusive flock on FILE, as a logger on its lock, until the
// script ends.
func cmdLock(ts *testscript.TestScript, neg bool, args []string) {
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR|os.O_CREATE, 0o600)
	ts.Check(err)
	ts.Defer(func() { _ = file.Close() })
	ts.Check(unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB))
}
