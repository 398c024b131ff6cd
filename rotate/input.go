package rotate

import "hash/crc32"

// Input is the part of standard input that a batch comes from.
type Input struct {
	Batch    uint64 // a number that no other batch has
	Dev, Ino uint64 // of standard input
	Length   int    // bytes
	Last     byte   // the last byte
	Sum      uint64 // Fingerprint of the bytes
}

// Head is standard input as Settle sees it.
type Head interface {
	// Identity returns the device and inode of the input. Zeros mean that the input
	// does not keep what was read from it, so that records say nothing about it.
	Identity() (dev, ino uint64)
	// AtStart reports whether the input is a file of which nothing has been consumed.
	AtStart() bool
	// PeekHead returns the first n bytes of the input, or fewer if no more are there or
	// no more can be seen without taking them.
	PeekHead(n int) []byte
	// Waiting returns a number of bytes that the input has at least.
	Waiting() int
	// Take moves the first n bytes of the input, at most Waiting, into memory. The same
	// operation stores the last of them at mark. Until a kill they remain the first
	// bytes that PeekHead shows and Consume drops.
	Take(n int, mark *byte) ([]byte, error)
	// Consume drops the first n bytes of the input. The same operation stores the last
	// of them at mark.
	Consume(n int, mark *byte) error
}

// How much of a batch Fingerprint reads.
const (
	sampleEndsBytes = 1024 // at either end
	sampleBytes     = 64   // each sample
	sampleStride    = 4096 // from one sample to the next
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Fingerprint returns a hash that tells one batch of input from another. Of a long
// batch it reads both ends and samples between them, because it must cost nothing
// compared with the batch, and log lines that differ do so everywhere. The upper half
// depends only on the first sampleEndsBytes.
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

// beginsLike reports whether a batch of which only the beginning, seen, is visible can
// have that fingerprint.
func beginsLike(seen []byte, sum uint64) bool {
	return len(seen) < sampleEndsBytes || Fingerprint(seen)>>32 == sum>>32
}
