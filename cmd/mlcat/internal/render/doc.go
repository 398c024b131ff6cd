// Package render turns the lines of a log into what is printed of them.
//
// A [Renderer] takes blocks of whole lines. Of each block it selects lines (filter.go),
// makes control characters visible, formats each line (format.go), and appends the
// results to a [Lines], with the [Mark] of each line if a later stage needs it to put
// lines of several logs in order. A [Style], which many Renderers share, says how.
//
// # Formats
//
// A [Format] is a value of -o. Each has a file of its own, or shares one with formats of
// its kind, and an entry in the table in formats.go. From that table come the parser of
// -o and the text of --help. So a new format is one new file and one new entry.
//
// # Speed
//
// This is the inner loop of mlcat: a Renderer handles some ten million lines a second.
// It allocates nothing for each line, and one goroutine for each processor has one.
package render
