// Package kernelversion lets a test depend on the version of the running kernel. A
// test of a kernel feature skips on a kernel that is too old for it, and fails on a
// newer one that lacks it.
package kernelversion

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// AtLeast reports whether the running kernel is Linux major.minor or newer. It fails
// the test if the kernel's release does not begin with a version.
func AtLeast(tb testing.TB, major, minor int) bool {
	tb.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		tb.Fatal(err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	var gotMajor, gotMinor int
	if _, err := fmt.Sscanf(release, "%d.%d", &gotMajor, &gotMinor); err != nil {
		tb.Fatalf("kernel release %q: %v", release, err)
	}
	return gotMajor > major || gotMajor == major && gotMinor >= minor
}
