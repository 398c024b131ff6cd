package rotate

import "os"

// Features of the kernel that a benchmark can switch off, by setting these environment
// variables to 0. Each is read once, at the start.
var (
	preallocates = os.Getenv("MULTILOG_PREALLOCATE") != "0"
	pushesOut    = os.Getenv("MULTILOG_SYNCRANGE") != "0"
)
