package script

import "strings"

// globMatch reports whether glob matches all of line. Globs are the patterns of
// fnmatch(3) without flags in the C locale, as after daemontools-encore's F: ? matches
// any byte, * any string, [...] a byte of a set, and a backslash makes the next
// character match itself.
func globMatch(glob string, line []byte) bool {
	star, from := -1, 0 // the last star, and where in line the part after it is tried
	g, at := 0, 0
	for at < len(line) || g < len(glob) {
		if g < len(glob) && glob[g] == '*' {
			star, from = g, at
			g++
			continue
		}
		if g < len(glob) && at < len(line) {
			if n := globByte(glob[g:], line[at]); n > 0 {
				g, at = g+n, at+1
				continue
			}
		}
		if star < 0 || from >= len(line) {
			return false
		}
		from++
		g, at = star+1, from
	}
	return true
}

// globByte matches c with the first element of glob, which must not be a star. It
// returns the length of the element in bytes, or 0 if c does not match.
func globByte(glob string, c byte) int {
	switch glob[0] {
	case '?':
		return 1
	case '[':
		if n, in := globSet(glob, c); n > 0 {
			if in {
				return n
			}
			return 0
		}
	case '\\':
		if len(glob) < 2 || glob[1] != c {
			return 0
		}
		return 2
	}
	if glob[0] == c {
		return 1
	}
	return 0
}

// globSet parses the set at the start of glob. It returns its length in bytes and
// reports whether c is in it. A bracket that is never closed does not begin a set;
// then n is 0.
func globSet(glob string, c byte) (n int, in bool) {
	i := 1
	negated := i < len(glob) && (glob[i] == '!' || glob[i] == '^')
	if negated {
		i++
	}
	for first := true; ; first = false {
		if i >= len(glob) {
			return 0, false
		}
		if glob[i] == ']' && !first {
			return i + 1, in != negated
		}
		if name, ok := classAt(glob[i:]); ok {
			in = in || globClass(name, c)
			i += len("[:") + len(name) + len(":]")
			continue
		}
		low, ok := setByte(glob, &i)
		if !ok {
			return 0, false
		}
		high := low
		if i+1 < len(glob) && glob[i] == '-' && glob[i+1] != ']' {
			i++
			if high, ok = setByte(glob, &i); !ok {
				return 0, false
			}
		}
		in = in || low <= c && c <= high
	}
}

// setByte returns the byte of a set at *i, without a backslash before it, and advances
// *i. ok is false at the end of glob.
func setByte(glob string, i *int) (_ byte, ok bool) {
	if glob[*i] == '\\' {
		*i++
	}
	if *i >= len(glob) {
		return 0, false
	}
	c := glob[*i]
	*i++
	return c, true
}

// classAt returns the name of the class at the start of set, which is the inside of a
// bracket. A class has only lower-case letters between the colons: to glibc's
// fnmatch, [[:] is a set of a bracket and a colon.
func classAt(set string) (name string, ok bool) {
	set, ok = strings.CutPrefix(set, "[:")
	if !ok {
		return "", false
	}
	name, _, ok = strings.Cut(set, ":]")
	return name, ok && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
}

// globClass reports whether c belongs to a class such as digit.
func globClass(name string, c byte) bool {
	lower, upper, digit := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	graph := c > ' ' && c < 0x7f
	switch name {
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "upper":
		return upper
	case "lower":
		return lower
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return graph && !lower && !upper && !digit
	case "print":
		return graph || c == ' '
	case "graph":
		return graph
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "xdigit":
		return digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	return false
}
