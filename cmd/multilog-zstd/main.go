// Multilog-zstd compresses standard input to standard output, as a processor of
// multilog does: multilog t '!multilog-zstd' ./main.
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
