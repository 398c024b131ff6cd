package check

import (
	"bytes"
	"fmt"
	"strconv"
)

// LabelBytes is the length of a TAI64N label and the space after it.
const LabelBytes = 26

// TAIOffset is how far TAI64 labels are ahead of Unix time, as daemontools counts: 2^62
// and 10 seconds.
const TAIOffset = 1<<62 + 10

// unlabel splits a labelled line into the line and its label in nanoseconds since
// 1970. It fails if the label is not well-formed, or earlier than last, the label
// before it, which it replaces.
func unlabel(labelled []byte, last *[]byte) (line []byte, unixNanos int64, err error) {
	if len(labelled) < LabelBytes || labelled[0] != '@' || labelled[LabelBytes-1] != ' ' {
		return nil, 0, fmt.Errorf("no label: %s", quote(labelled))
	}
	label := labelled[1 : LabelBytes-1]
	secs, err1 := strconv.ParseUint(string(label[:16]), 16, 64)
	nanos, err2 := strconv.ParseUint(string(label[16:]), 16, 32)
	if err1 != nil || err2 != nil || nanos >= 1e9 || bytes.ContainsAny(label, "ABCDEF") {
		return nil, 0, fmt.Errorf("malformed label: %s", quote(labelled))
	}
	if bytes.Compare(label, *last) < 0 {
		return nil, 0, fmt.Errorf("label goes back from %s to %s", *last, label)
	}
	*last = append((*last)[:0], label...)
	return labelled[LabelBytes:], int64(secs-TAIOffset)*1e9 + int64(nanos), nil
}
