// Package simkernel is a simulated kernel for the logger: it implements
// all that package pipeline and package rotate need, and the real loop and the real
// rotation run on it unchanged.
// Everything that happens comes from one random source, so a seed is a history
// and replays it.
//
// A [World] is what outlives a logger: clock, file system and its disk,
// standard input and who writes to it, processors that a killed logger leaves
// behind. A [Kernel] is one logger's view of it, from its start to its end,
// kill or power cut.
//
// # Time
//
// The monotonic clock advances by a little with every call and, in Wait, to
// the next thing that is due. The time of day may be set.
//
// # The pipe
//
// Standard input is a pipe of some capacity. Its writer has a stream of bytes
// and a list of write calls; it sleeps within one while the pipe has no free
// slot, and wakes the logger as Linux does: see [Pipe]. A test holds it against
// a real pipe. The supervisor holds the pipe: it survives a kill of
// the logger. A power cut takes the pipe, its bytes and the writer; the next
// pipe may bear the same inode number. The end of the whole service takes them,
// too, but the number is not used again.
//
// How much of it Peek shows may differ from one life to the next, as the pipe
// does that the real one duplicates it into. Or it is read plainly: what Peek
// shows is then in the logger's memory, and a kill loses it.
//
// # Files and the disk
//
// What everyone sees (the page cache) and what is on disk differ:
//
//   - Fsync of a file puts its data, size and mode on disk. Whether it puts
//     its names there too depends on the World: a journaling file system does
//     that (all names of the directory so far), POSIX promises nothing.
//   - When fsync of a file fails, what was to be written counts as written: the
//     next one succeeds without it, unless the data is written again.
//   - Fsync of a directory puts all its names on disk.
//   - A power cut leaves of the names' changes since then any part in which
//     each change comes with all earlier ones of the same name or file. A
//     rename is one change: it happens, for both names, or not.
//   - Of a file that was not synced it leaves what is on disk, or that and some
//     of what was appended since, or that and zeros; of a file that was
//     truncated, the old data or some of the new. A mode that was set since
//     may be there or not, whatever became of the data.
//   - A directory's own name is on disk when it is made.
//   - Inode numbers are used again, the last one first; births differ.
//
// A lock page is the memory of its file: stores into it survive a kill. After
// a power cut it holds what it held, or zeros, or nothing.
//
// # Operations
//
// Submitted operations happen some time after they are submitted, in any
// order, and are handed back some time after that. When the logger is killed,
// each of those that have not happened yet happens or does not. Programs run
// one after another and survive the logger's kill, not the power cut.
//
// # The end
//
// A logger is killed, or the power cut, before, after or in the midst of any
// call. The stores into lock pages that it made since the call before are cut
// off at any place.
package simkernel
