package rotate

import "os"

// What these kernel features gain can be measured: the environment switches
// them off. Each is read once, at the start.
var (
	preallocates = os.Getenv("MULTILOG_PREALLOCATE") != "0"
	pushesOut    = os.Getenv("MULTILOG_SYNCRANGE") != "0"
)
