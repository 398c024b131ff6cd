// Package naive is a slow and obviously correct logger. It does what daemontools'
// manual of multilog says, byte by byte, on strings in memory; it uses no files. Tests
// compare the real logger with it.
//
// [New] takes the arguments of multilog, [Logger.Log] takes the lines, and the Logger's
// fields hold the result. It does not make labels: a line comes with its label.
package naive

// Match reports whether pattern matches all of line. A character matches itself. A
// star matches any string that does not contain the next character of the pattern,
// even if that is a star, too; a star at the end matches anything.
func Match(pattern, line string) bool {
	switch {
	case pattern == "":
		return line == ""
	case pattern == "*":
		return true
	case line == "":
		return false
	case pattern[0] != '*':
		return pattern[0] == line[0] && Match(pattern[1:], line[1:])
	case pattern[1] != line[0]:
		return Match(pattern, line[1:]) // the star takes one more character
	default:
		return Match(pattern[1:], line) // the star ends here
	}
}
