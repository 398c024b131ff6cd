package script

import (
	"bytes"
	"strings"
)

// pattern is a compiled pattern of daemontools' multilog. A character matches itself.
// A star matches any string that does not contain the next character of the pattern,
// even if that is a star, too; a star at the end matches anything. So a star skips to
// the first occurrence of the next character, and match tries nothing twice.
type pattern struct {
	pieces []piece
	from   int     // offset in the line at which the first piece begins or is searched
	open   bool    // the pattern ends in a star, so the rest of the line matches
	glob   *string // if not nil, the pattern is this one of fnmatch(3)
}

// piece is a part of a pattern that is a literal string. With skip, a star precedes
// it: the literal must match at the first occurrence of its first character. If the
// literal is empty, the next character of the pattern is a star, so the piece skips to
// the first star in the line.
type piece struct {
	skip    bool
	literal string
}

// compile compiles the text of a pattern.
func compile(text string) pattern {
	var p pattern
	for text != "" {
		star := text[0] == '*'
		if star {
			text = text[1:]
		}
		if star && text == "" {
			p.open = true
			break
		}
		n := strings.IndexByte(text, '*')
		if n < 0 {
			n = len(text)
		}
		p.pieces = append(p.pieces, piece{skip: star, literal: text[:n]})
		text = text[n:]
	}
	return p
}

// match reports whether p matches all of line.
func (p *pattern) match(line []byte) bool {
	if p.glob != nil {
		return globMatch(*p.glob, line)
	}
	if len(line) < p.from {
		return false // the line is shorter than a label
	}
	line = line[p.from:]
	for i := range p.pieces {
		q := &p.pieces[i]
		stop := byte('*')
		if q.literal != "" {
			stop = q.literal[0]
		}
		if q.skip {
			at := bytes.IndexByte(line, stop)
			if at < 0 {
				return false
			}
			line = line[at:]
		}
		if len(line) < len(q.literal) || string(line[:len(q.literal)]) != q.literal {
			return false
		}
		line = line[len(q.literal):]
	}
	return p.open || len(line) == 0
}
