package ioring

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/seccomp"
)

// TestUnderSeccomp runs in a process of its own, under a filter that refuses, with
// EPERM, what the default profiles of Docker and containerd refuse and this package
// would use: io_uring and unshare.
func TestUnderSeccomp(t *testing.T) {
	if os.Getenv("IORING_TEST_SECCOMP") == "" {
		rerun(t, "IORING_TEST_SECCOMP=1")
		return
	}
	if err := seccomp.Refuse(seccomp.LikeDocker...); err != nil {
		t.Fatal(err)
	}
	if _, err := NewQueue(Options{Backend: "ring"}); !errors.Is(err, unix.EPERM) {
		t.Errorf("a ring was requested: error %v", err)
	}
	q, err := NewQueue(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if q.Backend() != "pool" || !strings.HasPrefix(q.Reason(), "io_uring_setup: operation not permitted") {
		t.Errorf("backend %q because %q", q.Backend(), q.Reason())
	}
	operations(t, q.do(t))
	runs(t, q.do(t))
	TestRunInRenamedDirectory(t)
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}
