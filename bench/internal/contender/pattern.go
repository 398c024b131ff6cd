package contender

import "strings"

// Match reports whether a pattern of multilog(8) matches a whole line. A star matches
// everything before the first occurrence of the character after it; a star at the end
// matches the rest. It is the simplest implementation, because it determines which
// lines a logger had to select.
func Match(pattern string, line []byte) bool {
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

// matchLabelled reports whether a pattern matches a line. If stamp is true, the line
// has a label and a space in front of it. A label contains no space, and no pattern
// that this program uses looks into it.
func matchLabelled(pattern string, line []byte, stamp bool) bool {
	if rest, ok := strings.CutPrefix(pattern, "* "); ok && stamp {
		return Match(rest, line)
	}
	return Match(pattern, line)
}

// deselect returns a function that selects the lines that match none of the patterns.
// It returns nil, which selects all lines, if there are no patterns.
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
