package rotate

import "hash/crc32"

// Input is where a batch comes from.
type Input struct {
	Batch    uint64 // a number that no other batch has
	Dev, Ino uint64 // of standard input
	Length   int    // bytes
	Last     byte   // the last of those
	Sum      uint64 // Fingerprint of those
}

// Head is standard input as Settle sees it.
type Head interface {
	// Identity returns the device and inode of the input; zeros if what is read
	// of it is gone from it: then records say nothing about it.
	Identity() (dev, ino uint64)
	// AtStart reports whether the input is a file of which nothing has been
	// taken.
	AtStart() bool
	// PeekHead returns the first n bytes of the input, or fewer if that is
	// all that is there or can be looked at without taking it.
	PeekHead(n int) []byte
	// Waiting returns how many bytes there are in the input, at least.
	Waiting() int
	// Take moves n bytes, of those that are Waiting, from the input into
	// memory, and stores the last of them at mark in doing so. They are then
	// the first that PeekHead shows and Consume drops, until a kill.
	Take(n int, mark *byte) ([]byte, error)
	// Consume takes n bytes from the input, and stores the last of them at
	// mark in doing so.
	Consume(n int, mark *byte) error
}

// How much of a batch Fingerprint looks at.
const (
	sampleEndsBytes = 1024 // at either end
	sampleBytes     = 64   // of each
	sampleStride    = 4096 // between
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Fingerprint tells one batch of input from another. It looks at both ends of
// a long one and at samples between them: it must cost nothing beside a batch,
// and log lines that differ do so all over. The upper half is about the first
// sampleEndsBytes alone.
func Fingerprint(b []byte) uint64 {
	first := crc32.Checksum(b[:min(len(b), sampleEndsBytes)], castagnoli)
	sum := first
	switch {
	case len(b) <= sampleEndsBytes:
	case len(b) <= sampleStride:
		sum = crc32.Update(sum, castagnoli, b[sampleEndsBytes:])
	default:
		for at := sampleStride; at+sampleBytes <= len(b)-sampleEndsBytes; at += sampleStride {
			sum = crc32.Update(sum, castagnoli, b[at:at+sampleBytes])
		}
		sum = crc32.Update(sum, castagnoli, b[len(b)-sampleEndsBytes:])
	}
	return uint64(first)<<32 | uint64(sum)
}

// beginsLike reports whether a batch of which only the beginning can be seen,
// seen, may be the one with that fingerprint.
func beginsLike(seen []byte, sum uint64) bool {
	return len(seen) < sampleEndsBytes || Fingerprint(seen)>>32 == sum>>32
}
