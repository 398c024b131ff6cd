package render

// formats are all formats, in the order of --help. The first one is the default.
var formats = []*Format{
	{Name: "local", Help: "label as local time, as in tai64nlocal", make: newLocal},
	{Name: "utc", Help: "label as UTC", UTC: true, make: newUTC},
	{Name: "tai64n", Help: "line as it was logged", make: newLogged},
	{Name: "json", Help: "one JSON object for each line", escapes: true, make: newJSON},
	{Name: "cat", Help: "line without its label", make: newCat},
}
