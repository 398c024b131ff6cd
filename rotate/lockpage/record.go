package lockpage

import (
	"hash/crc32"
	"math"
)

// The states of a Record.
const (
	StateNone  = 0 // nothing is in flight
	StateBegun = 1 // some writes may have happened
	StateDone  = 2 // all writes have happened in all directories; the input may be consumed
)

// The values of LineBefore and LineAfter: where the input stands.
const (
	LineNone      = 0 // not within a line
	LineHere      = 1 // within a line that this directory gets
	LineElsewhere = 2 // within a line that it does not get
)

// The largest numbers that a valid record may have.
const (
	MaxLengthBytes  = 1 << 20 // of the input of a batch
	MaxWrittenBytes = 1 << 26 // that a batch adds to a file: each line may get a stamp
)

// Record is an in-flight record. It describes the batch that is being written, or the
// last one. It is flat because it is a layout: a store must be able to hit any field of
// it.
type Record struct {
	Seal uint64 // the state in the lower half, the checksum in the upper half
	Seq  uint64 // the number of the record in its page, beginning with 1

	Batch  uint64 // the same in all directories that take part in the batch
	SrcDev uint64 // the device and inode of the standard input
	SrcIno uint64
	Length uint64 // bytes of input
	Sum    uint64 // the fingerprint of the input

	FileIno   uint64 // the file that is being written, under any name; 0 for none
	FileBirth uint64
	End       uint64 // its size before the batch, in bytes
	Written   uint64 // how many bytes the batch adds

	LineBefore uint64 // where the input stood before the batch: LineNone, ...
	LineAfter  uint64 // where it stands behind it

	Last byte    // the last byte of input
	Mark byte    // another byte than Last, until the read that consumes the batch stores Last here
	_    [6]byte // so that Seal is aligned in both slots on 32-bit machines, too
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// State returns the record's state.
func (r *Record) State() uint64 { return r.Seal & math.MaxUint32 }

// SetState sets the record's state and seals it, with one store.
func (r *Record) SetState(state uint64) { Set(&r.Seal, r.sealFor(state)) }

// sealFor returns the seal of the record in that state.
func (r *Record) sealFor(state uint64) uint64 {
	return withState(uint64(crc32.Checksum(r.sealed(), castagnoli))<<32, state)
}

// withState returns the seal of the same record in another state.
func withState(seal, state uint64) uint64 {
	const spread = 0x9e3779b1 << 32 // similar states get different checksums
	sum := seal ^ (seal&math.MaxUint32)*spread
	return (sum^state*spread)&^math.MaxUint32 | state
}

// Consumed reports whether the input of the batch was taken. One directory of a batch
// notes that for all of them, by the mark. The mark is valid until the next record,
// even if nothing is in flight any more, because the records in other directories may
// be older.
func (r *Record) Consumed() bool {
	return r.State() != StateBegun && r.Length > 0 && r.Mark == r.Last
}

// whole reports whether the record is as a logger has stored it, has that number, and
// is within bounds.
func (r *Record) whole(seq uint64) bool {
	return r.Seq == seq && r.Seal == r.sealFor(r.State()) && r.State() <= StateDone &&
		r.Length <= MaxLengthBytes && r.Written <= MaxWrittenBytes && r.End <= math.MaxInt64-MaxWrittenBytes &&
		r.LineBefore <= LineElsewhere && r.LineAfter <= LineElsewhere
}

// latest returns the latest record of a page, or the zero Record if there is none. ok
// reports that it is valid.
func (p *Page) latest() (r Record, ok bool) {
	if p.Latest == 0 {
		return Record{}, true
	}
	if r = p.Records[p.Latest&1]; !r.whole(p.Latest) {
		return Record{}, false
	}
	return r, true
}
