package slowdisk

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

// FlushTime is how long each flush of the disk's cache takes. An fsync of a new
// file takes two.
const FlushTime = 200 * time.Millisecond

const (
	diskBytes    = 256 << 20
	mountRetries = 50
)

// A Disk is a mounted ext4 whose flushes are slow.
type Disk struct {
	dir       string // where it is mounted
	image     string // the file under the loop device
	fsync     time.Duration
	server    *server
	mounted   bool
	imageBusy bool // the server is mounted over image
}

// Dir returns the directory in which the disk is mounted.
func (d *Disk) Dir() string { return d.dir }

// Fsync returns how long the fsync of a small new file took when the disk was
// made.
func (d *Disk) Fsync() time.Duration { return d.fsync }

// New makes a slow disk and mounts it below dir, which must be empty. The error
// says which of its parts this machine does not allow.
func New(ctx context.Context, dir string) (_ *Disk, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a slow disk needs root: it mounts a file through FUSE and a loop device over it")
	}
	if !mountns.Entered() {
		return nil, errors.New("a slow disk needs a mount namespace of its own (CAP_SYS_ADMIN)")
	}
	d := &Disk{dir: filepath.Join(dir, "slow"), image: filepath.Join(dir, "image")}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, err
	}
	if d.server, err = serve(d.image, diskBytes, FlushTime); err != nil {
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
// detaches itself when its last user is gone (LO_FLAGS_AUTOCLEAR).
func (d *Disk) mount() error {
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
	for range mountRetries {
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
		if errors.Is(err, unix.EBUSY) { // another program has taken it
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
	return errors.New("other programs take every free loop device")
}

// timeFsync returns how long the fsync of a small new file in dir takes.
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

// Close unmounts and detaches everything and removes what [New] has made. It may
// be called twice.
func (d *Disk) Close() {
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
