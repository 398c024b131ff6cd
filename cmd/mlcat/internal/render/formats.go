package render

import "multilog/tai64n"

// Nothing is a format that prints empty lines, for those who count lines.
var Nothing = &Format{make: func(*Style) formatter { return nothing{} }, origin: func(*Style, int) []byte { return nil }}

type nothing struct{}

func (nothing) appendLine(dst, _ []byte, _ tai64n.Label, _ bool, _ []byte) []byte { return dst }

// formats are all formats, in the order of --help. The first one is the default.
var formats = []*Format{
	{Name: "local", Help: "label as local time, as in tai64nlocal", make: newLocal, origin: nameOf},
	{Name: "utc", Help: "label as UTC", UTC: true, make: newUTC, origin: nameOf},
	{Name: "iso", Help: "label as local time with offset", make: newISO, origin: nameOf},
	{Name: "short-unix", Help: "label as seconds since 1970", make: newUnix, origin: nameOf},
	{Name: "tai64n", Help: "line as it was logged", Raw: true, make: newLogged, origin: nameOf},
	{Name: "json", Help: "one JSON object for each line", escapes: true, make: newJSON, origin: fieldsOf},
	{Name: "cat", Help: "line without its label", Raw: true, make: newCat, origin: nameOf},
}
