// Package kernelversion lets a test depend on the version of the running kernel.
package kernelversion

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// AtLeast reports whether the running kernel is Linux major.minor or newer. It
// ends the test where the kernel's release is not a version.
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
