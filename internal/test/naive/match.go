// Package naive is a logger that is slow and obviously right: what multilog's
// manual says, one byte after another, on strings in memory. Tests hold the
// real one against it. It reads nothing from files and writes nothing to them.
package naive

// Match says whether a pattern matches the whole of a line. A character
// matches itself. A star matches any string that does not hold the pattern's
// next character, even when that is a star, too; at the end of the pattern it
// matches anything.
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
		return Match(pattern, line[1:]) // one more for the star
	default:
		return Match(pattern[1:], line) // the star ends here
	}
}
