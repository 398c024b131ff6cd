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
	newer, err := atLeast(unix.ByteSliceToString(u.Release[:]), major, minor)
	if err != nil {
		tb.Fatal(err)
	}
	return newer
}

// atLeast is AtLeast for a kernel with this release.
func atLeast(release string, major, minor int) (bool, error) {
	var gotMajor, gotMinor int
	if _, err := fmt.Sscanf(release, "%d.%d", &gotMajor, &gotMinor); err != nil {
		return false, fmt.Errorf("kernel release %q: %w", release, err)
	}
	return gotMajor > major || gotMajor == major && gotMinor >= minor, nil
}
