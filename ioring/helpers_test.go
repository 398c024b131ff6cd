package ioring

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

// rerun runs the calling test again in a process of its own, with env added to the
// environment. It fails unless the test passes there.
func rerun(t *testing.T, env ...string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a process with %q: %v\n%s", env, err, out)
	}
}
