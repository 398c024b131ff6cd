// Package reader shows a log in an object store as a log directory: a [Log] has names
// of files and reads ranges of them.
//
// A finished file has its own name, which is also its ID. A file of which the store has
// only pieces (package layout) appears as a plain file that grows: as `current`, as
// @LABEL.u if it has its label already, or as `previous` if another one has followed
// it. Its ID is the [layout.ID].
//
// Pieces are deleted when their file is finished. A reader that is in the middle of
// them continues in the finished file at the same byte, without noticing.
package reader
