// Package uring is Linux's io_uring: two rings of memory that this process shares
// with the kernel. The names are those of liburing, in Go's case.
//
// [NewRing] makes a [Ring]. The caller takes entries with [Ring.GetSQE], fills
// them in with their Prep methods, gives them to the kernel with [Ring.Submit],
// and reads the completions with [Ring.PeekCQE] and [Ring.SeenCQE]. UserData
// connects the two. [Ring.RegisterEventfd] lets the caller sleep elsewhere until
// there are completions.
//
// The package holds what package ioring uses, and no more: file operations. It
// knows the flags of Linux 5.6 to 6.6 and the operations up to 6.9; which of them
// the running kernel has, [NewRing] (EINVAL) and [Ring.RegisterProbe] tell.
//
// The caller keeps everything that an entry points to alive and unchanged until
// the operation has completed, and keeps the submitting thread alive as long.
package uring
