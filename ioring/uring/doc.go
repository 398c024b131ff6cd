// Package uring is an interface to Linux's io_uring: two rings of memory that this
// process shares with the kernel. The names are those of liburing, in Go's case.
//
// [NewRing] makes a [Ring], which owns its descriptor and its mappings until
// [Ring.Close]. The caller gets entries from [Ring.GetSQE], fills them in with their
// Prep methods, gives them to the kernel with [Ring.Submit], and reads the completions
// with [Ring.PeekCQE] and [Ring.SeenCQE]. UserData connects a completion with its
// entry. No method waits; [Ring.RegisterEventfd] lets the caller sleep elsewhere until
// there are completions.
//
// The package contains only what package ioring uses, which is file operations. It
// knows the flags of Linux 5.6 to 6.6 and operations up to 6.9. If the running kernel
// lacks a flag, NewRing returns EINVAL; [Ring.RegisterProbe] returns the operations
// that the kernel has.
//
// The caller must uphold three rules. It calls the methods of a Ring from one
// goroutine at a time. It keeps the memory that an entry points to alive and unchanged
// until the operation has completed, on the heap or mapped, never on a stack. And it
// keeps the submitting thread alive as long, because the kernel cancels the operations
// of a thread that ends.
package uring
