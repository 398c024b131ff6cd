package ioring

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestUnderSeccomp runs in a process of its own, under a filter that refuses
// what the default profiles of Docker and containerd refuse and this package
// would use: io_uring and unshare, both with EPERM.
func TestUnderSeccomp(t *testing.T) {
	if os.Getenv("IORING_TEST_SECCOMP") == "" {
		rerun(t, "IORING_TEST_SECCOMP=1")
		return
	}
	if err := refuseSystemCalls(unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_UNSHARE); err != nil {
		t.Fatal(err)
	}
	if _, err := NewQueue(Options{Backend: "ring"}); !errors.Is(err, unix.EPERM) {
		t.Errorf("a ring was demanded: error %v", err)
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

// refuseSystemCalls has the kernel answer EPERM to these, in all threads.
func refuseSystemCalls(numbers ...uint32) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const numberOffset = 0 // of nr in struct seccomp_data
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: numberOffset}}
	for i, n := range numbers {
		toRefusal := uint8(len(numbers) - i)
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: n, Jt: toRefusal})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return errno
	}
	return nil
}
