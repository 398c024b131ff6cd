package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"multilog/internal/visible"
)

// tableColumns is the width of the table where no terminal is wider. nameColumns is what
// of it is for the names of logs.
const (
	tableColumns = 80
	nameColumns  = 18
)

// A cell is one column of the table: its width, and what stands in it.
type cell struct {
	title string
	width int
	right bool // it is a number
	text  func(l look, before []look) string
}

// cells returns the columns of the table but the name of the log and the trouble.
func cells() []cell {
	bars := bars()
	return []cell{
		{"STATE", 12, false, func(l look, _ []look) string { return stateCell(l) }},
		{"LINES/s", 7, true, rateCell},
		{"2 MINUTES", historyBars, false, func(l look, _ []look) string { return historyCell(l, bars) }},
		{"LAST", 5, true, func(l look, _ []look) string { return lastCell(l) }},
		{"PENDING", 7, true, func(l look, _ []look) string { return pendingCell(l) }},
	}
}

// writeTable writes what an administrator asks first, one line for each directory, with
// the trouble behind it or, if it is longer than that, in lines below. No line has more
// than width columns. before is the look before this one, or nil.
func writeTable(w io.Writer, looks, before []look, width int) {
	cells := cells()
	width = max(width, tableColumns)
	names := nameColumns
	for _, l := range looks {
		names = max(names, min(utf8.RuneCountInString(visible.Text(l.name)), nameColumns+width-tableColumns))
	}
	var row strings.Builder
	row.WriteString(pad("LOG", names, false))
	for _, c := range cells {
		row.WriteString(" " + pad(c.title, c.width, c.right))
	}
	room := width - utf8.RuneCountInString(row.String()) - 1 // for the trouble
	fmt.Fprintln(w, row.String()+" TROUBLE")
	for _, l := range looks {
		row.Reset()
		row.WriteString(pad(shorten(visible.Text(l.name), names), names, false))
		for _, c := range cells {
			row.WriteString(" " + pad(shorten(c.text(l, before), c.width), c.width, c.right))
		}
		trouble := strings.Join(troubles(l), "; ")
		switch {
		case trouble == "":
			fmt.Fprintln(w, row.String()+" -")
		case len(trouble) <= room:
			fmt.Fprintln(w, row.String()+" "+trouble)
		default:
			fmt.Fprintln(w, row.String()+" below:")
			writeBelow(w, trouble, width)
		}
	}
}

// writeBelow writes a text in lines that begin with four spaces.
func writeBelow(w io.Writer, text string, width int) {
	const indent = "   "
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && line != indent {
			fmt.Fprintln(w, line)
			line = indent
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}

// pad fills a text up with spaces to a width, in front of it if it is to be at the right.
func pad(text string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
	if right {
		return space + text
	}
	return text + space
}

// shorten returns the end of a text that is longer than width, behind a tilde.
func shorten(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return "~" + string(runes[len(runes)-width+1:])
	}
	return text
}
