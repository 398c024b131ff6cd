// Package seekable writes and reads zstd files that can be read from any place.
//
// Such a file consists of zstd frames of bounded size, each compressed on its own,
// and a skippable frame with a table of their sizes at the end. This is the zstd
// seekable format 0.1.0
// (github.com/facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md).
// To zstd, zstdcat and zstdgrep it is an ordinary file. A program that needs part of
// the content decompresses only the frames that hold it.
//
// A [Writer] compresses a stream into such a file. It adds three properties to the
// format. A frame begins at the start of a line, unless a line is longer than half a
// frame, so each frame can be read by itself. Each frame has a checksum of its
// content. And the output of a writer that was killed or failed does not pass for a
// complete file.
//
// To read, get the frames of a file from [ReadTable], or from [Scan] if the file has
// no usable table, and read them with [Frame.Content] or [Frame.Head]. Several
// goroutines may read frames of the same file at once. The caller owns the file and
// states its size. A damaged file yields an error, never a panic.
package seekable
