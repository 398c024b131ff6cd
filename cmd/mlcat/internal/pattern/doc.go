// Package pattern finds the lines of a log that match a regular expression or contain
// a fixed string, as fast as they can be read.
//
// The syntax and the meaning are those of package regexp. That package decides only
// about lines that pass two cheaper tests. First, a search over a whole block for text
// that every match must contain; second, a deterministic automaton, which looks up one
// table entry per byte.
//
// [Compile] makes a [Pattern], which goroutines may share. Each goroutine makes a
// [Searcher] from it and gives it blocks of whole lines: [Searcher.Start], then
// [Searcher.Next] until it finds no more. The automaton's table, which a Searcher owns,
// has at most 4 MiB.
package pattern
