package uring

import "golang.org/x/sys/unix"

// The Prep methods fill in an entry that GetSQE has returned. A path is a pointer to
// the first byte of a text that ends with a NUL byte. For the memory that an entry
// points to, see the package comment.

func (s *SQE) prep(op uint8, fd int, addr uint64, length uint32, off uint64, flags uint32) {
	s.Opcode, s.FD, s.Addr, s.Len, s.Off, s.OpFlags = op, int32(fd), addr, length, off, flags
}

// PrepNop prepares an operation that does nothing and completes with 0.
func (s *SQE) PrepNop() { s.prep(OpNop, -1, 0, 0, 0, 0) }

// PrepFsync prepares fsync(2), or fdatasync(2) if dataOnly is true.
func (s *SQE) PrepFsync(fd int, dataOnly bool) {
	var flags uint32
	if dataOnly {
		flags = fsyncDatasync
	}
	s.prep(OpFsync, fd, 0, 0, 0, flags)
}

// PrepSyncFileRange prepares sync_file_range(2). The interface limits the length to
// 32 bits.
func (s *SQE) PrepSyncFileRange(fd int, off int64, length uint32, flags uint32) {
	s.prep(OpSyncFileRange, fd, 0, length, uint64(off), flags)
}

// PrepFallocate prepares fallocate(2).
func (s *SQE) PrepFallocate(fd int, mode uint32, off, length int64) {
	s.prep(OpFallocate, fd, uint64(length), mode, uint64(off), 0)
}

// PrepFtruncate prepares ftruncate(2), which needs Linux 6.9.
func (s *SQE) PrepFtruncate(fd int, length int64) {
	s.prep(OpFtruncate, fd, 0, 0, uint64(length), 0)
}

// PrepOpenat prepares openat(2).
func (s *SQE) PrepOpenat(dir int, path *byte, flags int, mode uint32) {
	s.prep(OpOpenat, dir, address(path), mode, 0, uint32(flags))
}

// PrepClose prepares close(2).
func (s *SQE) PrepClose(fd int) { s.prep(OpClose, fd, 0, 0, 0, 0) }

// PrepStatx prepares statx(2). The kernel stores the result in stx.
func (s *SQE) PrepStatx(dir int, path *byte, flags int, mask uint32, stx *unix.Statx_t) {
	s.prep(OpStatx, dir, address(path), mask, address(stx), uint32(flags))
}

// PrepRenameat prepares renameat2(2).
func (s *SQE) PrepRenameat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(OpRenameat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepLinkat prepares linkat(2).
func (s *SQE) PrepLinkat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(OpLinkat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepUnlinkat prepares unlinkat(2).
func (s *SQE) PrepUnlinkat(dir int, path *byte, flags uint32) {
	s.prep(OpUnlinkat, dir, address(path), 0, 0, flags)
}

// PrepMkdirat prepares mkdirat(2).
func (s *SQE) PrepMkdirat(dir int, path *byte, mode uint32) {
	s.prep(OpMkdirat, dir, address(path), mode, 0, 0)
}
