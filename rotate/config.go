package rotate

// Config describes a log directory, as the script does. Lock checks none of it: package
// script keeps the numbers within the bounds given here.
type Config struct {
	// Name is the path of the directory as the script has it, such as ./main or
	// /var/log/main. A relative path starts at the directory that is passed to Lock.
	Name string

	// Size is the maximum size of a file in bytes: 4,096 to 16,777,215 with the word s,
	// up to 2 GiB with b; the script's default is 99,999. A file is full when it has
	// Size bytes, or when a line ends within the last 2,000 bytes before that.
	Size int64

	// Count is the maximum number of files, including current: the word n, at least 2;
	// the script's default is 10. Pending files count, but are never removed; when
	// Count - 1 files are pending, Ready returns false.
	Count int

	// Command is the processor (word ! or z): the path of a program, then its arguments
	// beginning with argument 0. The default is empty: no processor.
	Command []string

	// Turns limits how many of the directories that share it run a processor at the
	// same time. The default is nil: no limit.
	Turns *Turns

	// Code is the suffix, without its dot, that the name of a finished file has after
	// the label: s, which is also what an empty Code means; s.zst with the word z;
	// another with w of daemontools-encore. It is never u.
	Code string

	// Cap is the maximum total size of all old files in bytes, including pending ones
	// (word c). One pending file is always allowed. The default is 0: no limit.
	Cap int64

	// KeepFree is the number of bytes of the file system to keep free (word k). The
	// oldest files are removed for it, also when a write finds the disk full. The
	// default is 0: none.
	KeepFree int64

	// MaxAge is the age in nanoseconds at which a current that is not empty is rotated,
	// even if no input comes (word a). It counts from the first line. The default is 0:
	// never.
	MaxAge int64

	// SyncWithin is the maximum time in nanoseconds from a write to the fdatasync that
	// brings it to disk (word y). A power cut can lose about that much. The default is
	// 0: the kernel decides, until the file is finished.
	SyncWithin int64
}
