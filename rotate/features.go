package rotate

import "os"

// Kernel features whose gain can be measured: these environment variables, set to
// 0, switch them off. Each is read once, at the start.
var (
	preallocates = os.Getenv("MULTILOG_PREALLOCATE") != "0"
	pushesOut    = os.Getenv("MULTILOG_SYNCRANGE") != "0"
)
