package contender

// Job is what a logger has to do in a run.
type Job struct {
	Stamp     bool     // put a TAI64N label before each line: t
	Patterns  []string // lines that match one of these are not logged
	FileBytes int      // size of a file: s
	Files     int      // number of files: n
	Processor string   // a shell command, run on each finished file
	LineBytes int      // length of the longest line
	Bytes     int      // of the input, if it is known
	// Mail means the script of a mail service, instead of Patterns: all lines
	// go to one directory, unusual ones to a second, the last status to a file.
	Mail bool
}

// KeepAll is a number of files that no run reaches.
const KeepAll = 100000

// Output is a log directory or a status file, and what must be in it.
type Output struct {
	Path   string // relative to the directory of the run
	Status bool   // a file that holds the last selected line
	Stamp  bool   // lines have labels
	// Selects reports whether a line, without its newline, belongs there; nil means
	// that all lines do.
	Selects func(line []byte) bool
}

// Launch is a command that does a job, and the outputs that it must leave.
type Launch struct {
	Argv    []string
	Outputs []Output
}

// ErrCannot says that a contender can't do a job.
type ErrCannot string

func (e ErrCannot) Error() string { return string(e) }

// MailStatus is the pattern of the lines that the mail script writes to its
// status file.
const MailStatus = "* status: *"

// usualMail returns the patterns of the usual lines in qmail-send's log, which the mail
// script does not write to the alert log.
func usualMail() []string {
	return []string{
		"* status: *", "* starting delivery *", "* delivery * success*", "* delivery * failure*", "* new msg *",
		"* info msg *", "* end msg *", "* bounce msg *",
		"* delivery * deferral: Sorry,_I_couldn't_find_any_host_by_that_name*",
		"* delivery * deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_*",
	}
}

// directory returns the output of a job that is not the mail script.
func (j Job) directory() Output {
	return Output{Path: "main", Stamp: j.Stamp, Selects: deselect(j.Patterns, j.Stamp)}
}

// mailOutputs returns the outputs of the mail script.
func (j Job) mailOutputs() []Output {
	status := func(line []byte) bool { return matchLabelled(MailStatus, line, j.Stamp) }
	return []Output{
		{Path: "main", Stamp: j.Stamp},
		{Path: "alert", Stamp: j.Stamp, Selects: deselect(usualMail(), j.Stamp)},
		{Path: "status", Status: true, Stamp: j.Stamp, Selects: status},
	}
}
