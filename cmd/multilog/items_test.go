package main_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// repeated matches an item that begins with a count.
var repeated = regexp.MustCompile(`(?s)^([0-9]+)\*(.*)$`)

// items returns the bytes that the arguments of a command stand for, one after another:
//
//	text      with Go's escapes: \n \x00 \t \\
//	N*text    text N times; %d in it is the number of the copy, in six digits from 000001
//	<file     the content of the file
func items(ts *testscript.TestScript, args []string) ([]byte, error) {
	var all bytes.Buffer
	for _, arg := range args {
		if file, ok := strings.CutPrefix(arg, "<"); ok {
			data, err := os.ReadFile(ts.MkAbs(file))
			if err != nil {
				return nil, err
			}
			all.Write(data)
			continue
		}
		times := 1
		m := repeated.FindStringSubmatch(arg)
		if m != nil {
			times, _ = strconv.Atoi(m[1]) // it is digits
			arg = m[2]
		}
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(arg, `"`, `\"`) + `"`)
		if err != nil {
			return nil, fmt.Errorf("item %q: %w", arg, err)
		}
		for i := 1; i <= times; i++ {
			if m == nil {
				all.WriteString(text)
				continue
			}
			all.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprintf("%06d", i)))
		}
	}
	return all.Bytes(), nil
}

// cmdBytes writes items to a file: bytes FILE ITEM...
func cmdBytes(ts *testscript.TestScript, neg bool, args []string) {
	data, err := items(ts, args[1:])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// shownBytes is how many bytes of a file a message shows at most.
const shownBytes = 300

// shorten returns the beginning of data, quoted, and its length if that is not all.
func shorten(data []byte) string {
	if len(data) <= shownBytes {
		return strconv.Quote(string(data))
	}
	return fmt.Sprintf("%q... (%d bytes)", data[:shownBytes], len(data))
}

// unlike describes the first difference between got and want.
func unlike(got, want []byte) string {
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	from := max(0, at-40)
	return fmt.Sprintf("differs at byte %d (%d bytes, want %d): got %s, want %s",
		at, len(got), len(want), shorten(got[min(from, len(got)):]), shorten(want[min(from, len(want)):]))
}
