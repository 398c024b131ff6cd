package render

import (
	"bytes"

	"multilog/internal/logdir"
)

// surrounded renders the lines that the patterns select, with the lines before and after each
// that may be shown as its context. So that the lines of the blocks before and behind this one
// have theirs, it also renders the first and the last lines of the block, and at least one at
// either end. The marks tell which lines are selected, and where lines were left out.
func (r *Renderer) surrounded(dst *Lines, lines []byte) {
	r.search.Start(lines)
	w := window{r: r, dst: dst, lines: lines, label: dst.Last}
	due := r.behind(lines, 0, max(r.after, 1)) // up to here, lines are rendered
	for {
		start, end, ok := r.nextSelected(lines, w.at)
		if !ok {
			break
		}
		w.upTo(min(due, start))
		w.skipTo(r.ahead(lines, start, r.before))
		w.upTo(start)
		w.upTo(end + 1)
		dst.Marks[len(dst.Marks)-1].Hit = true
		due = max(due, r.behind(lines, end+1, r.after))
	}
	w.upTo(due)
	w.skipTo(r.ahead(lines, len(lines), max(r.before, 1)))
	w.upTo(len(lines))
}

// A window renders the lines of a block from its beginning on.
type window struct {
	r     *Renderer
	dst   *Lines
	lines []byte
	at    int  // the next line
	apart bool // lines in front of it were left out
	label Mark // the label that holds there
}

// upTo renders the lines that begin before end.
func (w *window) upTo(end int) {
	for w.at < end {
		line := w.lines[w.at : w.at+bytes.IndexByte(w.lines[w.at:], '\n')]
		w.r.belonging(w.dst, line, &w.label)
		w.dst.Marks[len(w.dst.Marks)-1].Apart = w.apart
		w.apart = false
		w.at += len(line) + 1
	}
}

// skipTo leaves out the lines that begin before start.
func (w *window) skipTo(start int) {
	if start <= w.at {
		return
	}
	if label, ok := logdir.LastLabel(w.lines[w.at:start]); ok {
		w.label = Mark{Label: label, Known: true}
	}
	w.at, w.apart = start, true
}

// ahead returns where the line begins that is n lines ahead of the one at start.
func (r *Renderer) ahead(lines []byte, start, n int) int {
	for ; n > 0 && start > 0; n-- {
		start = bytes.LastIndexByte(lines[:start-1], '\n') + 1
	}
	return start
}

// behind returns where the line begins that is n lines behind the one at start.
func (r *Renderer) behind(lines []byte, start, n int) int {
	for ; n > 0 && start < len(lines); n-- {
		start += bytes.IndexByte(lines[start:], '\n') + 1
	}
	return start
}
