package feed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// The size of the file that a hog writes, and of each write.
const (
	hogFileBytes  = 64 << 20
	hogWriteBytes = 1 << 20
)

// StartHog starts a process that keeps the disk of dir busy: it repeatedly writes 1 MiB
// to a file of 64 MiB and calls fsync. stop ends it; so does the end of ctx, or of this
// program.
func StartHog(ctx context.Context, dir string) (stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	hog := exec.CommandContext(ctx, exe, dir)
	hog.Env = append(os.Environ(), childVariable("hog"))
	hog.Stderr = os.Stderr
	endWith(hog)
	if err := hog.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("hog: %w", err)
	}
	return func() { cancel(); _ = hog.Wait() }, nil
}

// hogChild is the process of a hog.
func hogChild(dir string) error {
	f, err := os.CreateTemp(dir, "hog")
	if err != nil {
		return err
	}
	block := make([]byte, hogWriteBytes)
	for at := int64(0); ; at = (at + hogWriteBytes) % hogFileBytes {
		if _, err := f.WriteAt(block, at); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
}
