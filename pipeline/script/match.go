package script

import (
	"bytes"
	"strings"
)

// pattern is a compiled pattern of daemontools' multilog: characters that match
// themselves, and stars. A star matches any string that does not hold the
// character behind it, even when that character is a star itself; at the end, a
// star matches anything. So a star followed by a character skips to the first
// such character, and nothing is tried twice.
type pattern struct {
	pieces []piece
	from   int     // where in the line the first piece is searched
	open   bool    // the pattern ends in a star: the rest of the line matches
	glob   *string // instead of all that: a pattern of fnmatch(3)
}

// piece is a literal string. After a skip it must begin at the first place
// where its first character stands. An empty literal after a skip only skips to
// a star in the line, because the next character of the pattern is a star too.
type piece struct {
	skip    bool
	literal string
}

// compile turns a pattern's text into pieces.
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

// match reports whether p matches the whole of line.
func (p *pattern) match(line []byte) bool {
	if p.glob != nil {
		return globMatch(*p.glob, line)
	}
	if len(line) < p.from {
		return false // a label is never shorter
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
