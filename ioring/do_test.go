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

// operations runs every file operation once, each on what the ones before it
// left behind, with do carrying them out.
func operations(t *testing.T, do func(*Op)) {
	t.Helper()
	name := t.TempDir()
	dir := openDir(t, name)
	must := func(op *Op) *Op {
		t.Helper()
		if do(op); op.Err != nil {
			t.Fatalf("%v: %v", op.Code, op.Err)
		}
		return op
	}
	fails := func(want error, op *Op) {
		t.Helper()
		if do(op); op.Err != want {
			t.Errorf("%v of %q: error %v, want %v", op.Code, op.Path, op.Err, want)
		}
	}
	stat := func(path string) FileInfo {
		t.Helper()
		return must(&Op{Code: Stat, Dir: dir, Path: path}).Stat
	}

	must(&Op{Code: Nop})
	before := time.Now().Add(-time.Second).UnixNano()
	fd := int(must(&Op{Code: OpenAt, Dir: dir, Path: "a", Flags: unix.O_RDWR | unix.O_CREAT | unix.O_EXCL, Mode: 0o640}).Res)
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("open: descriptor flags %#x, %v, want close-on-exec", flags, err)
	}
	fails(unix.EEXIST, &Op{Code: OpenAt, Dir: dir, Path: "a", Flags: unix.O_RDWR | unix.O_CREAT | unix.O_EXCL, Mode: 0o640})
	fails(unix.EINVAL, &Op{Code: OpenAt, Dir: dir, Path: "a\x00b"})
	fails(unix.ENOENT, &Op{Code: OpenAt, Dir: dir, Path: ""})

	var want unix.Stat_t
	if err := unix.Fstat(fd, &want); err != nil {
		t.Fatal(err)
	}
	info := stat("a")
	if info.Ino != want.Ino || info.Dev != uint64(want.Dev) || info.Mode != want.Mode || info.Nlink != 1 || info.Size != 0 {
		t.Errorf("stat: %+v, want %+v", info, want)
	}
	if info.Mtime != want.Mtim.Nano() || info.Birth < before || info.Birth > time.Now().UnixNano() {
		t.Errorf("stat: mtime %d birth %d, want %d and now", info.Mtime, info.Birth, want.Mtim.Nano())
	}
	if got := must(&Op{Code: Stat, FD: fd}).Stat; got != info {
		t.Errorf("stat by descriptor: %+v, want %+v", got, info)
	}
	fails(unix.ENOENT, &Op{Code: Stat, Dir: dir, Path: "nothing"})
	fails(unix.EBADF, &Op{Code: Stat, FD: -1})

	must(&Op{Code: Fallocate, FD: fd, Flags: unix.FALLOC_FL_KEEP_SIZE, Len: 1 << 20})
	if err := unix.Fstat(fd, &want); err != nil || want.Size != 0 || want.Blocks < 2048 {
		t.Errorf("fallocate: size %d, %d blocks, %v", want.Size, want.Blocks, err)
	}
	fails(unix.EINVAL, &Op{Code: Fallocate, FD: fd, Off: -1, Len: 1})
	must(&Op{Code: Ftruncate, FD: fd, Len: 1 << 32})
	if size := stat("a").Size; size != 1<<32 {
		t.Errorf("ftruncate: size %d, want %d", size, int64(1)<<32)
	}
	must(&Op{Code: Ftruncate, FD: fd, Len: 3})
	fails(unix.EINVAL, &Op{Code: Ftruncate, FD: fd, Len: -1})
	must(&Op{Code: Fchmod, FD: fd, Mode: 0o744})
	if mode := stat("a").Mode; mode != unix.S_IFREG|0o744 {
		t.Errorf("fchmod: mode %o", mode)
	}
	must(&Op{Code: Fsync, FD: fd})
	must(&Op{Code: Fdatasync, FD: fd})
	must(&Op{Code: Fsync, FD: dir})
	must(&Op{Code: SyncRange, FD: fd, Off: 0, Len: 4096})
	must(&Op{Code: SyncRange, FD: fd, Off: 5 << 30, Len: 6 << 30})
	fails(unix.EINVAL, &Op{Code: SyncRange, FD: fd, Off: -1, Len: 4096})

	must(&Op{Code: LinkAt, Dir: dir, Path: "a", NewPath: "b"})
	if got := stat("b"); got.Ino != info.Ino || got.Nlink != 2 {
		t.Errorf("link: %+v", got)
	}
	fails(unix.EEXIST, &Op{Code: LinkAt, Dir: dir, Path: "a", NewPath: "b"})
	must(&Op{Code: RenameAt, Dir: dir, Path: "b", NewPath: "c"})
	fails(unix.ENOENT, &Op{Code: RenameAt, Dir: dir, Path: "b", NewPath: "c"})
	must(&Op{Code: MkdirAt, Dir: dir, Path: "d", Mode: 0o700})
	if mode := stat("d").Mode; mode != unix.S_IFDIR|0o700 {
		t.Errorf("mkdir: mode %o", mode)
	}
	if err := os.Symlink("c", filepath.Join(name, "l")); err != nil {
		t.Fatal(err)
	}
	if got := stat("l"); got.Ino != info.Ino {
		t.Errorf("stat of a symbolic link: %+v, want the file's", got)
	}
	for range 2 { // the second time, the directory's offset is at its end
		names := must(&Op{Code: ReadDir, FD: dir}).Names
		slices.Sort(names)
		if !slices.Equal(names, []string{"a", "c", "d", "l"}) {
			t.Errorf("readdir: %q", names)
		}
	}
	fails(unix.ENOTDIR, &Op{Code: ReadDir, FD: fd})
	must(&Op{Code: UnlinkAt, Dir: dir, Path: "c"})
	fails(unix.ENOENT, &Op{Code: UnlinkAt, Dir: dir, Path: "c"})

	must(&Op{Code: Flock, FD: fd, Flags: unix.LOCK_EX | unix.LOCK_NB})
	fd2 := int(must(&Op{Code: OpenAt, Dir: dir, Path: "a", Flags: unix.O_RDONLY}).Res)
	fails(unix.EWOULDBLOCK, &Op{Code: Flock, FD: fd2, Flags: unix.LOCK_EX | unix.LOCK_NB})
	var free unix.Statfs_t
	got := must(&Op{Code: Statfs, FD: fd}).Free
	if err := unix.Fstatfs(fd, &free); err != nil || got <= 0 || got > int64(free.Blocks)*free.Frsize {
		t.Errorf("statfs: %d bytes free of %+v, %v", got, free, err)
	}
	must(&Op{Code: Close, FD: fd2})
	must(&Op{Code: Close, FD: fd})
	fails(unix.EBADF, &Op{Code: Close, FD: fd})
	fails(unix.EBADF, &Op{Code: Flock, FD: fd, Flags: unix.LOCK_UN})
	for _, code := range []Code{Fsync, Fdatasync, Fallocate, Ftruncate, Fchmod, ReadDir, Statfs, SyncRange} {
		fails(unix.EBADF, &Op{Code: code, FD: fd, Len: 1})
	}
	fails(unix.ENOSYS, &Op{Code: 200})
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
	const files = 1000 // more than one call of getdents gives
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

// openDir opens a directory for the time of the test.
func openDir(t *testing.T, name string) int {
	t.Helper()
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
