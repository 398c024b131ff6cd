package uring

import (
	"testing"
	"unsafe"
)

// TestABI compares sizes and offsets with include/uapi/linux/io_uring.h.
func TestABI(t *testing.T) {
	var (
		sqe   SQE
		cqe   CQE
		p     Params
		sq    sqringOffsets
		cq    cqringOffsets
		probe Probe
	)
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"sizeof sqe", unsafe.Sizeof(sqe), 64},
		{"sqe.flags", unsafe.Offsetof(sqe.Flags), 1},
		{"sqe.ioprio", unsafe.Offsetof(sqe.Ioprio), 2},
		{"sqe.fd", unsafe.Offsetof(sqe.FD), 4},
		{"sqe.off", unsafe.Offsetof(sqe.Off), 8},
		{"sqe.addr", unsafe.Offsetof(sqe.Addr), 16},
		{"sqe.len", unsafe.Offsetof(sqe.Len), 24},
		{"sqe.rw_flags", unsafe.Offsetof(sqe.OpFlags), 28},
		{"sqe.user_data", unsafe.Offsetof(sqe.UserData), 32},
		{"sqe.buf_index", unsafe.Offsetof(sqe.BufIndex), 40},
		{"sqe.personality", unsafe.Offsetof(sqe.Personality), 42},
		{"sqe.splice_fd_in", unsafe.Offsetof(sqe.SpliceFDIn), 44},
		{"sqe.addr3", unsafe.Offsetof(sqe.Addr3), 48},
		{"sizeof cqe", unsafe.Sizeof(cqe), 16},
		{"cqe.res", unsafe.Offsetof(cqe.Res), 8},
		{"cqe.flags", unsafe.Offsetof(cqe.Flags), 12},
		{"sizeof params", unsafe.Sizeof(p), 120},
		{"params.flags", unsafe.Offsetof(p.Flags), 8},
		{"params.features", unsafe.Offsetof(p.Features), 20},
		{"params.wq_fd", unsafe.Offsetof(p.WQFD), 24},
		{"params.sq_off", unsafe.Offsetof(p.sqOff), 40},
		{"params.cq_off", unsafe.Offsetof(p.cqOff), 80},
		{"sizeof sq_off", unsafe.Sizeof(sq), 40},
		{"sq_off.ring_entries", unsafe.Offsetof(sq.RingEntries), 12},
		{"sq_off.array", unsafe.Offsetof(sq.Array), 24},
		{"sizeof cq_off", unsafe.Sizeof(cq), 40},
		{"cq_off.overflow", unsafe.Offsetof(cq.Overflow), 16},
		{"cq_off.cqes", unsafe.Offsetof(cq.CQEs), 20},
		{"cq_off.flags", unsafe.Offsetof(cq.Flags), 24},
		{"sizeof probe", unsafe.Sizeof(probe), 16 + 256*8},
		{"probe.ops", unsafe.Offsetof(probe.ops), 16},
		{"probe_op.flags", unsafe.Offsetof(probe.ops[0].Flags), 2},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}
