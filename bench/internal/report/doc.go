// Package report shows the results of a race to people and to programs: as text,
// as HTML pages with charts that need no network, as SVG pictures for other pages,
// and as JSON.
//
// [Results] is everything that one run has found out; it is the same in memory and
// in JSON ([Results.WriteJSON], [Read]), and holds all that is needed to show it:
// the package knows no scenario. Tables and charts show the same number for a
// figure, which is the median of the rounds or, where its title says so, the
// longest of all rounds; charts say whether higher or lower is better.
//
// [Results.WriteText] prints tables, [Results.WriteHTML] writes pages, pictures and
// results.json into a directory. Which pictures there are says the table in
// picture.go.
package report
