// Package simkernel is a simulated kernel. It implements everything that packages pipeline
// and rotate need of a kernel, and the real loop and the real rotation run on it unchanged.
// All that happens comes from one source of random numbers. A seed therefore stands for a
// history, and repeats it.
//
// A [World] is what survives a logger: the clock, the file system and its disk, standard
// input and its writer, and the processors that a killed logger leaves behind. A [Kernel]
// is the view that one logger has of the world, from its start to its end, kill or power
// cut. A [Plan] says what happens to that logger.
//
// # Time
//
// Each call takes a microsecond. In Wait, the monotonic clock jumps to the next event. The
// time of day may be set.
//
// # The pipe
//
// Standard input is a pipe of some capacity. Its writer has a stream of bytes and a list of
// calls of write. While the pipe has no free slot, the writer sleeps in its call. It wakes
// the logger exactly when Linux does; see [Pipe]. The supervisor keeps the pipe open, so it
// survives a kill of the logger. A power cut ends the pipe, its bytes and the writer; the
// next pipe may have the same inode number. The end of the whole service also ends them,
// but the number is not used again.
//
// How much Peek shows differs between loggers, as it does with the private pipe into which
// the real one duplicates bytes. With [Plan].Plain, the logger can only read: what Peek
// shows is then in its memory, and a kill loses it.
//
// # Files and the disk
//
// The page cache, which all processes see, differs from the disk:
//
//   - A sync of a file puts its data, size and mode on disk. If [World].Journal is set, it
//     also puts all names of its directory there, as a journaling file system does. POSIX
//     promises less.
//   - A sync that fails takes the data for written, as Linux does. The next sync succeeds
//     without that data, unless it was written again.
//   - A sync of a directory puts all its names on disk.
//   - A power cut keeps some of the changes of names since then. With a change, it keeps
//     all earlier changes of the same name or file. A rename is one change.
//   - Of a file that was not synced, a power cut leaves what is on disk; or that and some of
//     what was appended since; or that and zeros. Of a file that was truncated, it leaves
//     the old data or some of the new. A mode that was set since is there or not,
//     independently of the data.
//   - The name of a directory is on disk as soon as the directory is made.
//   - Inode numbers are used again, the last one first. Birth times differ.
//
// A lock page is the memory of its file, and stores to it survive a kill. After a power cut
// it has its content, zeros, or no content.
//
// # Operations
//
// A submitted operation takes effect some time after it is submitted, in any order, and is
// handed back some time after that. When the logger is killed, each operation that has not
// taken effect does so or not, at random. Processors survive a kill of the logger, but not
// a power cut.
//
// # The end of a logger
//
// A kill or power cut comes before, within or after any call. Of the stores to lock pages
// that the logger has made since the call before, any number of the first ones is done.
//
// # What is not simulated
//
//   - Standard input that is a socket, a terminal, a regular file or a pipe in packet mode;
//     a second reader of the pipe.
//   - Links, devices and directories under the names in a log directory; permissions and
//     owners; several file systems; locks. A lock is always granted.
//   - Writes to files by other programs, except those of a test or a processor.
//   - A disk that returns wrong data, or changes data that is on disk already.
//   - Threads: a call is atomic, and no call is slow.
//   - Preallocation and sync_file_range, which succeed and do nothing.
//
// The scripts in cmd/multilog and package fault test these on the real kernel.
//
// # How it is held against the real kernel
//
// TestPipeIsLinux runs random calls of write and read on the simulated pipe and on a pipe of
// the kernel that the test runs on. They must find the same room, end or sleep at the same
// byte, and wake an edge-triggered epoll at the same moments. TestOperationsAreLinux runs
// random operations on a simulated and a real directory and compares results, errors and
// names. Nothing compares power cuts one by one: package fault cuts the power of ext4 and
// xfs, and what it finds must be among what is listed above.
package simkernel
