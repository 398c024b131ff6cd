// Multilog-zstd compresses standard input to standard output. It serves as a processor
// of multilog, as in: multilog t '!multilog-zstd' ./main.
package main

import (
	"os"

	"multilog/internal/signals"
	"multilog/internal/zstdcmd"
)

func main() {
	signals.Default()
	os.Exit(zstdcmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
