// Likedocker runs a command under a seccomp filter that refuses io_uring and
// unshare(2), as Docker's default profile does.
//
//	go run ./internal/test/seccomp/likedocker COMMAND [ARGUMENT ...]
package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"multilog/internal/test/seccomp"
)

func main() {
	err := seccomp.Run(os.Args[1:], unix.EPERM, seccomp.LikeDocker...)
	fmt.Fprintln(os.Stderr, "likedocker: fatal:", err)
	os.Exit(111)
}
