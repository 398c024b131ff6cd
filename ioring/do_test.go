package ioring

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// operations runs every file operation at least once, on what the operations before it
// left. do carries them out.
func operations(t *testing.T, do func(*Op)) {
	t.Helper()
	name := t.TempDir()
	o := &opTest{t: t, do: do, name: name, dir: openDir(t, name)}
	o.must(&Op{Code: Nop})
	o.fails(unix.ENOSYS, &Op{Code: 200})
	o.open()
	o.stat()
	o.sizes()
	o.syncs()
	o.names()
	o.lists()
	o.lockAndFree()
	o.close()
}

// opTest is a directory with a file "a", which open opens.
type opTest struct {
	t    *testing.T
	do   func(*Op)
	name string
	dir  int
	fd   int
}

func (o *opTest) must(op *Op) *Op {
	o.t.Helper()
	if o.do(op); op.Err != nil {
		o.t.Fatalf("%v: %v", op.Code, op.Err)
	}
	return op
}

func (o *opTest) fails(want error, op *Op) {
	o.t.Helper()
	if o.do(op); op.Err != want {
		o.t.Errorf("%v of %q: error %v, want %v", op.Code, op.Path, op.Err, want)
	}
}

func (o *opTest) info(path string) FileInfo {
	o.t.Helper()
	return o.must(&Op{Code: Stat, Dir: o.dir, Path: path}).Stat
}

func (o *opTest) fstat() (st unix.Stat_t) {
	o.t.Helper()
	if err := unix.Fstat(o.fd, &st); err != nil {
		o.t.Fatal(err)
	}
	return st
}

func (o *opTest) open() {
	op := Op{Code: OpenAt, Dir: o.dir, Path: "a", Flags: unix.O_RDWR | unix.O_CREAT | unix.O_EXCL, Mode: 0o640}
	o.fd = int(o.must(&op).Res)
	if flags, err := unix.FcntlInt(uintptr(o.fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		o.t.Errorf("open: descriptor flags %#x, %v, want close-on-exec", flags, err)
	}
	if mode := o.fstat().Mode; mode != unix.S_IFREG|0o640 {
		o.t.Errorf("open: mode %o", mode)
	}
	o.fails(unix.EEXIST, &op)
	o.fails(unix.EINVAL, &Op{Code: OpenAt, Dir: o.dir, Path: "a\x00b"})
	o.fails(unix.ENOENT, &Op{Code: OpenAt, Dir: o.dir, Path: ""})
}

func (o *opTest) stat() {
	want, info, now := o.fstat(), o.info("a"), time.Now()
	if info.Ino != want.Ino || info.Dev != uint64(want.Dev) || info.Mode != want.Mode || info.Nlink != 1 || info.Size != 0 {
		o.t.Errorf("stat: %+v, want %+v", info, want)
	}
	if info.Mtime != want.Mtim.Nano() {
		o.t.Errorf("stat: mtime %d, want %d", info.Mtime, want.Mtim.Nano())
	}
	// 0 means that the filesystem does not tell.
	if b := info.Birth; b != 0 && (b < now.Add(-time.Hour).UnixNano() || b > now.UnixNano()) {
		o.t.Errorf("stat: birth %d, want some moment before %d", b, now.UnixNano())
	}
	if got := o.must(&Op{Code: Stat, FD: o.fd}).Stat; got != info {
		o.t.Errorf("stat by descriptor: %+v, want %+v", got, info)
	}
	if err := os.Symlink("a", filepath.Join(o.name, "l")); err != nil {
		o.t.Fatal(err)
	}
	if got := o.info("l"); got.Mode&unix.S_IFMT != unix.S_IFLNK || got.Ino == info.Ino {
		o.t.Errorf("stat of a symbolic link: %+v, want the link", got)
	}
	o.fails(unix.ENOENT, &Op{Code: Stat, Dir: o.dir, Path: "nothing"})
	o.fails(unix.EBADF, &Op{Code: Stat, FD: -1})
}

func (o *opTest) sizes() {
	o.must(&Op{Code: Fallocate, FD: o.fd, Flags: unix.FALLOC_FL_KEEP_SIZE, Len: 1 << 20})
	if st := o.fstat(); st.Size != 0 || st.Blocks < 2048 {
		o.t.Errorf("fallocate: size %d, %d blocks", st.Size, st.Blocks)
	}
	o.fails(unix.EINVAL, &Op{Code: Fallocate, FD: o.fd, Off: -1, Len: 1})
	for _, size := range []int64{1 << 32, 3} {
		o.must(&Op{Code: Ftruncate, FD: o.fd, Len: size})
		if got := o.info("a").Size; got != size {
			o.t.Errorf("ftruncate: size %d, want %d", got, size)
		}
	}
	o.fails(unix.EINVAL, &Op{Code: Ftruncate, FD: o.fd, Len: -1})
	o.must(&Op{Code: Fchmod, FD: o.fd, Mode: 0o744})
	if mode := o.info("a").Mode; mode != unix.S_IFREG|0o744 {
		o.t.Errorf("fchmod: mode %o", mode)
	}
}

func (o *opTest) syncs() {
	o.must(&Op{Code: Fsync, FD: o.fd})
	o.must(&Op{Code: Fdatasync, FD: o.fd})
	o.must(&Op{Code: Fsync, FD: o.dir})
	o.must(&Op{Code: SyncRange, FD: o.fd, Off: 0, Len: 4096})
	o.must(&Op{Code: SyncRange, FD: o.fd, Off: 5 << 30, Len: 6 << 30})
	o.fails(unix.EINVAL, &Op{Code: SyncRange, FD: o.fd, Off: -1, Len: 4096})
}

func (o *opTest) names() {
	ino := o.info("a").Ino
	o.must(&Op{Code: LinkAt, Dir: o.dir, Path: "a", NewPath: "b"})
	if got := o.info("b"); got.Ino != ino || got.Nlink != 2 {
		o.t.Errorf("link: %+v", got)
	}
	o.fails(unix.EEXIST, &Op{Code: LinkAt, Dir: o.dir, Path: "a", NewPath: "b"})
	o.must(&Op{Code: RenameAt, Dir: o.dir, Path: "b", NewPath: "c"})
	o.fails(unix.ENOENT, &Op{Code: RenameAt, Dir: o.dir, Path: "b", NewPath: "c"})
	o.must(&Op{Code: UnlinkAt, Dir: o.dir, Path: "a"})
	o.fails(unix.ENOENT, &Op{Code: UnlinkAt, Dir: o.dir, Path: "a"})
	if got := o.info("c"); got.Ino != ino || got.Nlink != 1 {
		o.t.Errorf("rename and unlink: %+v", got)
	}
	o.must(&Op{Code: MkdirAt, Dir: o.dir, Path: "d", Mode: 0o700})
	if mode := o.info("d").Mode; mode != unix.S_IFDIR|0o700 {
		o.t.Errorf("mkdir: mode %o", mode)
	}
}

func (o *opTest) lists() {
	for range 2 { // the second time, the directory's offset is at its end
		names := o.must(&Op{Code: ReadDir, FD: o.dir}).Names
		slices.Sort(names)
		if !slices.Equal(names, []string{"c", "d", "l"}) {
			o.t.Errorf("readdir: %q", names)
		}
	}
	o.fails(unix.ENOTDIR, &Op{Code: ReadDir, FD: o.fd})
}

func (o *opTest) lockAndFree() {
	o.must(&Op{Code: Flock, FD: o.fd, Flags: unix.LOCK_EX | unix.LOCK_NB})
	other := int(o.must(&Op{Code: OpenAt, Dir: o.dir, Path: "c", Flags: unix.O_RDONLY}).Res)
	o.fails(unix.EWOULDBLOCK, &Op{Code: Flock, FD: other, Flags: unix.LOCK_EX | unix.LOCK_NB})
	o.must(&Op{Code: Close, FD: other})
	o.recordLocks()

	var st unix.Statfs_t
	free := o.must(&Op{Code: Statfs, FD: o.fd}).Free
	if err := unix.Fstatfs(o.fd, &st); err != nil || free <= 0 || free > int64(st.Blocks)*int64(st.Frsize) {
		o.t.Errorf("statfs: %d bytes free of %+v, %v", free, st, err)
	}
}

// recordLocks tests the locks of fcntl, which are independent of flock's.
func (o *opTest) recordLocks() {
	open := func() int { return int(o.must(&Op{Code: OpenAt, Dir: o.dir, Path: "c", Flags: unix.O_RDWR}).Res) }
	one, two := open(), open()
	if got := o.must(&Op{Code: GetLock, FD: one}).Res; got != 0 {
		o.t.Errorf("get lock: %d before there is one", got)
	}
	o.must(&Op{Code: SetLock, FD: one})
	if got := o.must(&Op{Code: GetLock, FD: two}).Res; got != -1 {
		o.t.Errorf("get lock: %d, want -1", got)
	}
	o.fails(unix.EAGAIN, &Op{Code: SetLock, FD: two})
	o.must(&Op{Code: Close, FD: one})
	// A lock of this process, which prevents one of another descriptor.
	if err := unix.FcntlFlock(uintptr(two), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		o.t.Fatal(err)
	}
	if got := o.must(&Op{Code: GetLock, FD: two}).Res; got != int64(os.Getpid()) {
		o.t.Errorf("get lock: %d, want %d", got, os.Getpid())
	}
	o.must(&Op{Code: Close, FD: two})
}

func (o *opTest) close() {
	o.must(&Op{Code: Close, FD: o.fd})
	o.fails(unix.EBADF, &Op{Code: Close, FD: o.fd})
	o.fails(unix.EBADF, &Op{Code: Flock, FD: o.fd, Flags: unix.LOCK_UN})
	for _, code := range []Code{Fsync, Fdatasync, Fallocate, Ftruncate, Fchmod, ReadDir, Statfs, SyncRange, InPlace} {
		o.fails(unix.EBADF, &Op{Code: code, FD: o.fd, Len: 1})
	}
}

func TestDo(t *testing.T) { operations(t, Do) }

func TestDoStatWithoutStatx(t *testing.T) {
	dir := openDir(t, t.TempDir())
	byStatx, byStat := Op{Code: Stat, FD: dir}, Op{Code: Stat, FD: dir}
	if err := stat(&byStatx); err != nil {
		t.Fatal(err)
	}
	if err := statWithoutBirth(&byStat); err != nil {
		t.Fatal(err)
	}
	byStatx.Stat.Birth = 0
	if byStat.Stat != byStatx.Stat {
		t.Errorf("without statx: %+v, want %+v", byStat.Stat, byStatx.Stat)
	}
}

func TestReadDirLong(t *testing.T) {
	name := t.TempDir()
	const files = 1000 // more than one call of getdents returns
	for i := range files {
		if err := os.WriteFile(filepath.Join(name, fmt.Sprintf("@4000000068a%05d.s", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	op := Op{Code: ReadDir, FD: openDir(t, name)}
	Do(&op)
	if op.Err != nil || len(op.Names) != files {
		t.Errorf("%d names, %v, want %d", len(op.Names), op.Err, files)
	}
}

// openDir opens a directory until the end of the test.
func openDir(t *testing.T, name string) int {
	t.Helper()
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
