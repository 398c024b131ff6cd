// Package cursor keeps how far logs were read, so that a later run can go on there.
//
// A [Cursor] has one [Mark] for each log. Its text is that of the marks, in the order of
// the logs, joined by commas:
//
//	@LABEL+N+M        after the Nth line that bears LABEL, and M lines without a label
//	/@LABEL+ID+OFF    after byte OFF of the first file after the old file @LABEL (or of
//	                  the first of all files, without @LABEL), whose identity is ID
//	-                 before the first line
//
// A label alone means after the first line that bears it, in all logs. The second form
// is for logs without labels.
//
// [Parse] and [Cursor.String] convert between cursor and text, [ReadFile] and
// [Cursor.WriteFile] keep the text in a file. [At] makes a mark for a place in a log,
// [Mark.Advance] moves it as lines are read, and [Mark.Place] finds the place again,
// also after the logger has renamed, compressed or removed files.
package cursor
