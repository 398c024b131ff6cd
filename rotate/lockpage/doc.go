// Package lockpage defines the page that a logger keeps in the file lock of its log
// directory: its layout, how a logger stores into it, what the next logger believes of
// it, and how other programs read it.
//
// # The page
//
// The logger that owns the directory has locked the file lock with flock(2). The file
// is one page of [Size] bytes, which the logger has mapped, shared; [Page] is its
// layout. A store into a mapped page takes nanoseconds and needs no system call. A kill
// cannot undo it, and programs that read the file see it. A power cut can undo it, so
// the page contains the boot ID of the machine.
//
// The page tells other programs what the logger is doing ([Counters], read by
// [ReadStatus]). It tells the next logger what this one was doing when it ended
// ([Left]): above all it has the [Record] of the batch that was in flight.
//
// # Stores
//
// A [Writer] stores into the page. A store causes a page fault if the file system needs
// space for it and has none (btrfs on a full disk), or if someone has truncated the
// file. The Writer survives that: it continues with a page in memory, reports it, and
// returns to the file when its caller calls [Writer.Regain]. No other code needs to
// know about page faults. The kernel stores into the page, too: the system call that
// takes a batch from standard input puts the last byte of the batch at [Writer.Mark].
//
// # Records
//
// There are two slots for records. A new record is stored into the slot that does not
// have the latest one; then a store of one word, Latest, makes it the latest. So after
// a kill there is either the old record or the new one, complete.
//
// Each record has a seal: one word with its state and a checksum of the record and that
// state. A change of state stores that word, so the checksum is right at any moment.
// The Mark is not part of the checksum, because the kernel stores only the Mark.
//
// # What a logger believes
//
// Other programs can write to the file, disks decay, and a page may come from another
// program or another version of this one. So everything in a page is checked before
// use. [KindOf] distinguishes pages of this program from blank ones and from files of
// other programs, which the logger must not change. [Open] returns what the previous
// logger left, as far as it is valid: a record with a wrong number, seal or bounds
// counts as no record. [Parse] brings what it returns into bounds, too.
//
// # Space
//
// [Page] takes at most the first half of the page; the compiler checks that. The second
// half, from [HalfBytes] on, has the tails.
package lockpage
