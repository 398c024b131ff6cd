// Package seekable writes and reads zstd files that can be read from any place.
//
// Such a file is a sequence of zstd frames of bounded size, each compressed by
// itself, and then a skippable frame with a table of their sizes: the zstd
// seekable format 0.1.0
// (github.com/facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md).
// To zstd, zstdcat and zstdgrep it is an ordinary file; who wants a part of the
// content decompresses only the frames that hold it.
//
// What the [Writer] adds to the format: frames begin at the start of a line,
// where lines are not longer than half a frame, so that each can be read by
// itself; each has a content checksum of its own; and what a writer leaves that
// was killed or got an error does not pass for a complete file.
package seekable
