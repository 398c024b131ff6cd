// Package slowdisk makes a disk whose cache takes long to be flushed, as that of
// a worn spindle or a busy network disk does, from parts that every Linux has.
//
// A file in memory is served through FUSE by this process, which sleeps for
// [FlushTime] before it answers FSYNC. A loop device over that file carries an
// ordinary ext4, with its journal and barriers. Reads and writes are as fast as
// memory; whatever waits for the disk's cache to be flushed waits.
//
// [New] needs root, /dev/fuse, a free loop device, mkfs.ext4, and a mount
// namespace of its own (package mountns), so that nothing stays mounted however
// the process ends: the kernel then ends the FUSE connection, and the loop device
// detaches itself. [Disk.Close] does all of this at once, and in a few seconds at
// most.
package slowdisk
