// Package reader shows a log in an object store as a log directory: a [Log] has names
// of files and reads ranges of them.
//
// A finished file has its own name, and its ID is the same. What is in the store only as
// pieces (package layout) appears as a plain file that grows: `current`, or @LABEL.u if the
// file has its label already, or `previous` if another one has followed it. Its ID is
// the [layout.ID].
//
// Pieces go when their file is finished. A reader that is in the middle of them goes on
// in the finished file, at the same byte, without noticing.
package reader
