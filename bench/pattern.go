package main

import "strings"

// Patterns as multilog's manual page has them, in the plainest way, to tell
// which lines a logger had to select.

// match tells whether a pattern matches a whole line. A star matches up to
// the first occurrence of the character after it; one at the end matches all.
func match(pattern string, line []byte) bool {
	for len(pattern) > 0 {
		c := pattern[0]
		pattern = pattern[1:]
		if c != '*' {
			if len(line) == 0 || line[0] != c {
				return false
			}
			line = line[1:]
			continue
		}
		if pattern == "" {
			return true
		}
		for len(line) > 0 && line[0] != pattern[0] {
			line = line[1:]
		}
	}
	return len(line) == 0
}

// matchLabelled matches a line with a label and a space in front of it, if
// stamped. The label holds no space, and no pattern that this program uses
// looks into it.
func matchLabelled(pattern string, line []byte, stamp bool) bool {
	if rest, ok := strings.CutPrefix(pattern, "* "); ok && stamp {
		return match(rest, line)
	}
	return match(pattern, line)
}

// deselect is the selection that a list of -patterns leaves; nil for none.
func deselect(patterns []string, stamp bool) func([]byte) bool {
	if len(patterns) == 0 {
		return nil
	}
	return func(line []byte) bool {
		for _, p := range patterns {
			if matchLabelled(p, line, stamp) {
				return false
			}
		}
		return true
	}
}
