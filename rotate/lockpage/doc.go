// Package lockpage is the page that a logger keeps in the file lock of its log
// directory: what it is, how a logger stores into it, what the next logger
// believes of it, and how others read it.
//
// # The page
//
// The file lock is flock'ed by the logger that holds the directory. It is one
// page of [Size] bytes, which that logger has mapped, shared; [Page] is its
// layout. A store into a mapped page is done when the instruction is: it costs
// nanoseconds, a kill cannot take it back, and a reader of the file sees it. A
// power cut can take it back, so the page says of which boot of the machine it
// is.
//
// The page tells others what the logger is doing ([Counters], read by
// [ReadStatus]), and the next logger what this one was doing when it ended
// ([Left]): above all the [Record] of the batch that was in flight.
//
// # Stores
//
// A [Writer] stores into the page. A store is a page fault when the file system
// has no room for what it does with a page that is written to (btrfs on a full
// disk), or when somebody has truncated the file. The Writer survives that: it
// goes on with a page of its own, in memory, says so, and comes back when its
// caller tries [Writer.Regain]. Nothing else in a program needs to know about
// page faults. The kernel stores into the page, too: the system call that takes
// a batch from standard input puts the last byte of it at [Writer.Mark].
//
// # Records
//
// There are two slots for records. A record is stored into the one that does
// not hold the latest; then Latest, one word, makes it the latest. So a kill
// finds either the record before or the new one, whole.
//
// Each record has a seal: one word with its state and a checksum of the record
// and that state. A change of state stores that word, so the checksum is right
// at any moment, whenever the kill comes. The Mark is not part of it: the kernel
// stores it alone.
//
// # What is believed
//
// Others can write to the file, disks decay, and a page may come from another
// program or another version of this one. So nothing in a page is used before
// it was checked. [KindOf] tells pages of loggers like this one from blank ones
// and from the files of others, which must not be stored into. [Open] returns
// what the logger before has left, as far as it is whole: a record whose number,
// seal or bounds are wrong counts as no record. [Parse] brings what it returns
// into bounds, too.
//
// # Room
//
// The first half of the page is for [Page], which a compile-time check holds to
// it. The second half, from [HalfBytes] on, is free.
package lockpage
