package lockpage

import (
	"hash/crc32"
	"math"
)

// The states of a Record.
const (
	StateNone  = 0 // nothing is in flight
	StateBegun = 1 // writes may have happened, in part
	StateDone  = 2 // the writes to all directories have happened; the input may be consumed
)

// The values of LineBefore and LineAfter: where the input stands.
const (
	LineNone      = 0 // between two lines
	LineHere      = 1 // within one that this directory gets
	LineElsewhere = 2 // within one that it does not get
)

// What a record may say at most.
const (
	MaxLengthBytes  = 1 << 20 // of the input of a batch
	MaxWrittenBytes = 1 << 26 // of what a batch adds to a file: each line gets a stamp
)

// Record is an in-flight record: the batch that is being written, or was.
type Record struct {
	Seal uint64 // the state in the lower half, the checksum in the upper one
	Seq  uint64 // the number of the record in its page, from 1 on

	Batch  uint64 // the same in all directories that the batch goes to
	SrcDev uint64 // the standard input that it was read from
	SrcIno uint64
	Length uint64 // bytes of input
	Sum    uint64 // of the input

	FileIno   uint64 // the file that is written, whatever its name; 0 for none
	FileBirth uint64
	End       uint64 // its size before the batch
	Written   uint64 // how much the batch adds

	LineBefore uint64 // where the input stood before the batch
	LineAfter  uint64 // where it stands behind it

	Last byte    // the last byte of input
	Mark byte    // anything else, until the read that consumes the batch puts it here
	_    [6]byte // so that on 32-bit machines, too, Seal is aligned in both slots
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// State returns the record's state.
func (r *Record) State() uint64 { return r.Seal & math.MaxUint32 }

// SetState sets the record's state, and seals it, by one store.
func (r *Record) SetState(state uint64) { Set(&r.Seal, r.sealFor(state)) }

// sealFor returns the seal of the record in that state.
func (r *Record) sealFor(state uint64) uint64 {
	return withState(uint64(crc32.Checksum(r.sealed(), castagnoli))<<32, state)
}

// withState returns the seal of the same record in another state.
func withState(seal, state uint64) uint64 {
	const spread = 0x9e3779b1 << 32 // states that are near have checksums that are not
	sum := seal ^ (seal&math.MaxUint32)*spread
	return (sum^state*spread)&^math.MaxUint32 | state
}

// Consumed reports whether the input of the batch has been taken. One directory of a
// batch notes it for all of them, by the mark; the mark holds until the next record,
// also when nothing is in flight any more, while other directories may say less.
func (r *Record) Consumed() bool {
	return r.State() != StateBegun && r.Length > 0 && r.Mark == r.Last
}

// whole reports whether the record is as a logger has stored it, under that
// number, and says what one can say.
func (r *Record) whole(seq uint64) bool {
	return r.Seq == seq && r.Seal == r.sealFor(r.State()) && r.State() <= StateDone &&
		r.Length <= MaxLengthBytes && r.Written <= MaxWrittenBytes && r.End <= math.MaxInt64-MaxWrittenBytes &&
		r.LineBefore <= LineElsewhere && r.LineAfter <= LineElsewhere
}

// latest returns the latest record of a page, the zero Record if none was
// stored; ok is false if it is not whole.
func (p *Page) latest() (r Record, ok bool) {
	if p.Latest == 0 {
		return Record{}, true
	}
	if r = p.Records[p.Latest&1]; !r.whole(p.Latest) {
		return Record{}, false
	}
	return r, true
}
