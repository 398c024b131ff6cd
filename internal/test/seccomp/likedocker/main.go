// Likedocker runs a command under a seccomp filter that refuses io_uring and
// unshare(2), as Docker's default profile does.
//
//	go run ./internal/test/seccomp/likedocker COMMAND [ARGUMENT ...]
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"multilog/internal/test/seccomp"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "likedocker: fatal:", err)
		os.Exit(111)
	}
}

func run(command []string) error {
	if len(command) == 0 {
		return fmt.Errorf("usage: likedocker command [argument ...]")
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	if err := seccomp.Refuse(seccomp.LikeDocker...); err != nil {
		return fmt.Errorf("unable to set the filter: %w", err)
	}
	return syscall.Exec(path, command, os.Environ())
}
