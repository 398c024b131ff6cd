package uring

import "golang.org/x/sys/unix"

// The Prep methods fill in an entry that GetSQE has returned. Paths end with a
// NUL byte. The caller keeps what an entry points to on the heap or mapped, and
// unchanged, until the operation has completed.

func (s *SQE) prep(op uint8, fd int, addr uint64, length uint32, off uint64, flags uint32) {
	s.Opcode, s.FD, s.Addr, s.Len, s.Off, s.OpFlags = op, int32(fd), addr, length, off, flags
}

// PrepNop does nothing, and completes with 0.
func (s *SQE) PrepNop() { s.prep(OpNop, -1, 0, 0, 0, 0) }

// PrepFsync is fsync(2), or fdatasync(2) when dataOnly.
func (s *SQE) PrepFsync(fd int, dataOnly bool) {
	var flags uint32
	if dataOnly {
		flags = fsyncDatasync
	}
	s.prep(OpFsync, fd, 0, 0, 0, flags)
}

// PrepSyncFileRange is sync_file_range(2). Its length has 32 bits only.
func (s *SQE) PrepSyncFileRange(fd int, off int64, length uint32, flags uint32) {
	s.prep(OpSyncFileRange, fd, 0, length, uint64(off), flags)
}

// PrepFallocate is fallocate(2).
func (s *SQE) PrepFallocate(fd int, mode uint32, off, length int64) {
	s.prep(OpFallocate, fd, uint64(length), mode, uint64(off), 0)
}

// PrepFtruncate is ftruncate(2).
func (s *SQE) PrepFtruncate(fd int, length int64) {
	s.prep(OpFtruncate, fd, 0, 0, uint64(length), 0)
}

// PrepOpenat is openat(2).
func (s *SQE) PrepOpenat(dir int, path *byte, flags int, mode uint32) {
	s.prep(OpOpenat, dir, address(path), mode, 0, uint32(flags))
}

// PrepClose is close(2).
func (s *SQE) PrepClose(fd int) { s.prep(OpClose, fd, 0, 0, 0, 0) }

// PrepStatx is statx(2); the result is written to stx.
func (s *SQE) PrepStatx(dir int, path *byte, flags int, mask uint32, stx *unix.Statx_t) {
	s.prep(OpStatx, dir, address(path), mask, address(stx), uint32(flags))
}

// PrepRenameat is renameat2(2).
func (s *SQE) PrepRenameat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(OpRenameat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepLinkat is linkat(2).
func (s *SQE) PrepLinkat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(OpLinkat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepUnlinkat is unlinkat(2).
func (s *SQE) PrepUnlinkat(dir int, path *byte, flags uint32) {
	s.prep(OpUnlinkat, dir, address(path), 0, 0, flags)
}

// PrepMkdirat is mkdirat(2).
func (s *SQE) PrepMkdirat(dir int, path *byte, mode uint32) {
	s.prep(OpMkdirat, dir, address(path), mode, 0, 0)
}
