package ioring

import (
	"math"

	"golang.org/x/sys/unix"
)

// Do carries out op in the caller's goroutine, waits for it and fills in its results.
// It does not call op.Done. It repeats an interrupted system call, except close,
// because Linux has closed the descriptor even then.
func Do(op *Op) {
	op.Res, op.Err = 0, nil
	if op.Code == Run {
		op.Res, op.Err = run(op.Cmd)
		return
	}
	for {
		if op.Err = do(op); op.Err != unix.EINTR || op.Code == Close {
			return
		}
	}
}

// do is one attempt at op.
func do(op *Op) error {
	switch op.Code {
	case Nop:
		return nil
	case OpenAt:
		fd, err := unix.Openat(op.Dir, op.Path, op.Flags|unix.O_CLOEXEC, op.Mode)
		if err == nil {
			op.Res = int64(fd)
		}
		return err
	case Close:
		return unix.Close(op.FD)
	case Fsync:
		return unix.Fsync(op.FD)
	case Fdatasync:
		return unix.Fdatasync(op.FD)
	case Fallocate:
		return unix.Fallocate(op.FD, uint32(op.Flags), op.Off, op.Len)
	case Ftruncate:
		return unix.Ftruncate(op.FD, op.Len)
	case Fchmod:
		return unix.Fchmod(op.FD, op.Mode)
	case RenameAt:
		return unix.Renameat(op.Dir, op.Path, op.Dir, op.NewPath)
	case LinkAt:
		return unix.Linkat(op.Dir, op.Path, op.Dir, op.NewPath, 0)
	case UnlinkAt:
		return unix.Unlinkat(op.Dir, op.Path, 0)
	case MkdirAt:
		return unix.Mkdirat(op.Dir, op.Path, op.Mode)
	case Stat:
		return stat(op)
	case ReadDir:
		return readDir(op)
	case Flock:
		return unix.Flock(op.FD, op.Flags)
	case GetLock:
		return getLock(op)
	case SetLock:
		return unix.FcntlFlock(uintptr(op.FD), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	case Statfs:
		return statfs(op)
	case FileLimit:
		return fileLimit(op)
	case InPlace:
		return inPlace(op)
	case Rewrite:
		return rewrite(op)
	case SyncRange:
		return unix.SyncFileRange(op.FD, op.Off, op.Len, unix.SYNC_FILE_RANGE_WRITE)
	default:
		return unix.ENOSYS
	}
}

func fileLimit(op *Op) error {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit)
	if err == nil {
		op.Res = int64(min(limit.Cur, math.MaxInt64))
	}
	return err
}

const statxMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// statxTarget returns the arguments of statx(2) for the file of a Stat.
func statxTarget(op *Op) (dir, flags int) {
	if op.Path == "" {
		return op.FD, unix.AT_EMPTY_PATH
	}
	return op.Dir, unix.AT_SYMLINK_NOFOLLOW
}

func stat(op *Op) error {
	dir, flags := statxTarget(op)
	var stx unix.Statx_t
	err := unix.Statx(dir, op.Path, flags, statxMask, &stx)
	if err == unix.ENOSYS || err == unix.EPERM {
		// Linux before 4.11, or a seccomp profile from before statx.
		return statWithoutBirth(op)
	}
	if err == nil {
		op.Stat = fileInfo(&stx)
	}
	return err
}

func fileInfo(stx *unix.Statx_t) FileInfo {
	info := FileInfo{
		Dev:   unix.Mkdev(stx.Dev_major, stx.Dev_minor),
		Ino:   stx.Ino,
		Mtime: stx.Mtime.Sec*1e9 + int64(stx.Mtime.Nsec),
		Size:  int64(stx.Size),
		Nlink: stx.Nlink,
		UID:   stx.Uid,
		Mode:  uint32(stx.Mode),
	}
	if stx.Mask&unix.STATX_BTIME != 0 {
		info.Birth = stx.Btime.Sec*1e9 + int64(stx.Btime.Nsec)
	}
	return info
}

func statWithoutBirth(op *Op) error {
	var st unix.Stat_t
	var err error
	if op.Path == "" {
		err = unix.Fstat(op.FD, &st)
	} else {
		err = unix.Fstatat(op.Dir, op.Path, &st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err == nil {
		op.Stat = FileInfo{
			Dev:   uint64(st.Dev),
			Ino:   st.Ino,
			Mtime: st.Mtim.Nano(),
			Size:  st.Size,
			Nlink: uint32(st.Nlink),
			UID:   st.Uid,
			Mode:  st.Mode,
		}
	}
	return err
}

// readDir lists the directory from its beginning, wherever earlier readers of the same
// open file description stopped.
func readDir(op *Op) error {
	op.Names = nil
	if _, err := unix.Seek(op.FD, 0, unix.SEEK_SET); err != nil {
		return err
	}
	buf := make([]byte, 8192)
	for {
		n, err := unix.ReadDirent(op.FD, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		_, _, op.Names = unix.ParseDirent(buf[:n], -1, op.Names)
	}
}

// getLock looks for a lock made by fcntl(2), of a process (F_SETLK) or of an open file
// description (F_OFD_SETLK), which has no process.
func getLock(op *Op) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(uintptr(op.FD), unix.F_OFD_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return err
	}
	if op.Res = int64(lock.Pid); op.Res == 0 {
		op.Res = -1 // its process is in another pid namespace
	}
	return nil
}

func statfs(op *Op) error {
	var st unix.Statfs_t
	if err := unix.Fstatfs(op.FD, &st); err != nil {
		return err
	}
	// The unit is the fragment if the filesystem has fragments (statvfs(3)).
	unit := uint64(st.Frsize)
	if unit == 0 {
		unit = uint64(st.Bsize)
	}
	op.Free = math.MaxInt64
	if unit == 0 || st.Bavail <= math.MaxInt64/unit {
		op.Free = int64(st.Bavail * unit)
	}
	return nil
}

// noCopyOnWrite is FS_NOCOW_FL, see FS_IOC_SETFLAGS(2const). btrfs obeys it.
const noCopyOnWrite = 0x00800000

func inPlace(op *Op) error {
	flags, err := unix.IoctlGetUint32(op.FD, unix.FS_IOC_GETFLAGS) // 32 bits, although ioctl(2) says otherwise
	if err != nil {
		return err
	}
	return unix.IoctlSetPointerInt(op.FD, unix.FS_IOC_SETFLAGS, int(flags|noCopyOnWrite))
}
