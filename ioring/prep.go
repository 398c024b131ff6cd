package ioring

import (
	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// The Prep methods fill in an entry that GetSQE has returned. Paths end with a
// NUL byte. What an entry points to must be on the heap or mapped, and stay
// there, unchanged, until the operation has completed.

func (s *SQE) prep(op uint8, fd int, addr uint64, length uint32, off uint64, flags uint32) {
	s.Opcode, s.FD, s.Addr, s.Len, s.Off, s.OpFlags = op, int32(fd), addr, length, off, flags
}

// PrepNop completes with 0.
func (s *SQE) PrepNop() { s.prep(opNop, -1, 0, 0, 0, 0) }

// PrepFsync is fsync(2), or fdatasync(2) when dataOnly.
func (s *SQE) PrepFsync(fd int, dataOnly bool) {
	var flags uint32
	if dataOnly {
		flags = fsyncDatasync
	}
	s.prep(opFsync, fd, 0, 0, 0, flags)
}

// PrepSyncFileRange is sync_file_range(2). Its length has 32 bits only.
func (s *SQE) PrepSyncFileRange(fd int, off int64, length uint32, flags uint32) {
	s.prep(opSyncFileRange, fd, 0, length, uint64(off), flags)
}

// PrepFallocate is fallocate(2).
func (s *SQE) PrepFallocate(fd int, mode uint32, off, length int64) {
	s.prep(opFallocate, fd, uint64(length), mode, uint64(off), 0)
}

// PrepFtruncate is ftruncate(2).
func (s *SQE) PrepFtruncate(fd int, length int64) {
	s.prep(opFtruncate, fd, 0, 0, uint64(length), 0)
}

// PrepOpenat is openat(2).
func (s *SQE) PrepOpenat(dir int, path *byte, flags int, mode uint32) {
	s.prep(opOpenat, dir, address(path), mode, 0, uint32(flags))
}

// PrepClose is close(2).
func (s *SQE) PrepClose(fd int) { s.prep(opClose, fd, 0, 0, 0, 0) }

// PrepStatx is statx(2); the result is written to stx.
func (s *SQE) PrepStatx(dir int, path *byte, flags int, mask uint32, stx *unix.Statx_t) {
	s.prep(opStatx, dir, address(path), mask, address(stx), uint32(flags))
}

// PrepRenameat is renameat2(2).
func (s *SQE) PrepRenameat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(opRenameat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepLinkat is linkat(2).
func (s *SQE) PrepLinkat(oldDir int, oldPath *byte, newDir int, newPath *byte, flags uint32) {
	s.prep(opLinkat, oldDir, address(oldPath), uint32(newDir), address(newPath), flags)
}

// PrepUnlinkat is unlinkat(2).
func (s *SQE) PrepUnlinkat(dir int, path *byte, flags uint32) {
	s.prep(opUnlinkat, dir, address(path), 0, 0, flags)
}

// PrepMkdirat is mkdirat(2).
func (s *SQE) PrepMkdirat(dir int, path *byte, mode uint32) {
	s.prep(opMkdirat, dir, address(path), mode, 0, 0)
}

// PrepPollAdd completes once, when fd has one of the events, POLLIN and so on.
func (s *SQE) PrepPollAdd(fd int, events uint32) {
	s.prep(opPollAdd, fd, 0, 0, 0, pollEvents(events))
}

// PrepPollMultishot completes each time fd gets one of the events, as long as
// the completions have CQEMore set.
func (s *SQE) PrepPollMultishot(fd int, events uint32) {
	s.prep(opPollAdd, fd, 0, pollAddMulti, 0, pollEvents(events))
}

// PrepPollRemove ends the poll that has userData.
func (s *SQE) PrepPollRemove(userData uint64) { s.prep(opPollRemove, -1, userData, 0, 0, 0) }

// PrepTimeout completes with -ETIME after ts, or with 0 after count other
// completions, if count is not 0.
func (s *SQE) PrepTimeout(ts *Timespec, count uint32, flags uint32) {
	s.prep(opTimeout, -1, address(ts), 1, uint64(count), flags)
}

// PrepTimeoutRemove ends the timeout that has userData.
func (s *SQE) PrepTimeoutRemove(userData uint64) {
	s.prep(opTimeoutRemove, -1, userData, 0, 0, 0)
}

// PrepCancel cancels the operation that has userData. It completes with 0, with
// -ENOENT when there is none, or -EALREADY when it has begun and goes on.
func (s *SQE) PrepCancel(userData uint64) { s.prep(opAsyncCancel, -1, userData, 0, 0, 0) }

// pollEvents are the events of a poll as an entry has them: a 32-bit word that
// once was 16 bits, so on big-endian machines its halves are swapped.
func pollEvents(events uint32) uint32 {
	if cpu.IsBigEndian {
		return events<<16 | events>>16
	}
	return events
}
