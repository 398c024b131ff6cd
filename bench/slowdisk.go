package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/mountns"
)

// A disk whose flush takes long, for the stall scenario, from parts every
// kernel has: a file in memory, served through FUSE by this process, which
// sleeps before it answers FSYNC; a loop device over that file; ext4 on it,
// journal and barriers as ever. Reads and writes are as fast as memory, and
// whatever waits for the disk's cache to be flushed waits as long as it would
// on a tired spindle or a busy network disk.

const (
	slowFlushMillis  = 200
	slowDiskMiB      = 256
	slowMountRetries = 50
)

// A slowDisk is a mounted ext4 whose flushes take slowFlushMillis each.
type slowDisk struct {
	dir       string // where it is mounted
	fsync     time.Duration
	server    *fuseFile
	image     string
	mounted   bool
	imageBusy bool
}

// newSlowDisk sets a slow disk up below dir. The error says what of it this
// machine does not allow.
func newSlowDisk(ctx context.Context, dir string) (_ *slowDisk, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a slow disk needs root: it mounts a file through FUSE and a loop device over it")
	}
	if !mountns.Entered() {
		return nil, errors.New("a slow disk needs a mount namespace of its own (CAP_SYS_ADMIN)")
	}
	d := &slowDisk{dir: filepath.Join(dir, "slow"), image: filepath.Join(dir, "image")}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, err
	}
	d.server, err = serveFuseFile(d.image, slowDiskMiB<<20, slowFlushMillis*time.Millisecond)
	if err != nil {
		return nil, fmt.Errorf("a slow disk needs FUSE: %w", err)
	}
	d.imageBusy = true
	mkfs := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", d.image)
	if out, err := mkfs.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mkfs.ext4: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := d.mount(); err != nil {
		return nil, err
	}
	d.fsync, err = timeFsync(d.dir)
	return d, err
}

// mount attaches a free loop device to the image and mounts it. The device
// detaches itself when the last user is gone (LO_FLAGS_AUTOCLEAR).
func (d *slowDisk) mount() error {
	image, err := os.OpenFile(d.image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer image.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("a slow disk needs a loop device: %w", err)
	}
	defer control.Close()
	for range slowMountRetries {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return fmt.Errorf("no free loop device: %w", err)
		}
		device := fmt.Sprintf("/dev/loop%d", n)
		loop, err := os.OpenFile(device, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		config := unix.LoopConfig{Fd: uint32(image.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
		err = unix.IoctlLoopConfigure(int(loop.Fd()), &config)
		if errors.Is(err, unix.EBUSY) { // another program was faster
			loop.Close()
			continue
		}
		if err == nil {
			err = unix.Mount(device, d.dir, "ext4", unix.MS_NOATIME, "")
			d.mounted = err == nil
		}
		loop.Close()
		return err
	}
	return errors.New("no free loop device stays free")
}

// timeFsync says how long the fsync of a small new file in dir takes.
func timeFsync(dir string) (time.Duration, error) {
	name := filepath.Join(dir, "fsync-probe")
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer os.Remove(name)
	defer f.Close()
	if _, err := f.Write(make([]byte, 1<<16)); err != nil {
		return 0, err
	}
	start := time.Now()
	err = f.Sync()
	return time.Since(start), err
}

// close unmounts and detaches everything. It can be called twice.
func (d *slowDisk) close() {
	if d.server != nil {
		d.server.hurry()
	}
	if d.mounted {
		if unix.Unmount(d.dir, 0) != nil {
			_ = unix.Unmount(d.dir, unix.MNT_DETACH)
		}
		d.mounted = false
	}
	if d.imageBusy {
		_ = unix.Unmount(d.image, unix.MNT_DETACH)
		d.imageBusy = false
	}
	if d.server != nil {
		d.server.close()
		d.server = nil
	}
	_ = os.Remove(d.image)
	_ = os.Remove(d.dir)
}
