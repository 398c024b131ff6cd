// Package cursor keeps how far logs were read, so that a later run can go on there.
//
// A [Cursor] has one [Mark] for each log. Its text is that of the marks, in the order of
// the logs, joined by commas:
//
//	@LABEL+N+M/AFTER+ID+OFF  after the Nth line in a row that bears LABEL, and M lines
//	                         without a label, which is after byte OFF of the file with
//	                         the identity ID, the first after the old file AFTER (or of
//	                         all files, if that is empty)
//	/AFTER+ID+OFF            after that byte, in a log without labels
//	-                        before the first line
//
// A label alone means after the first line that bears it, in all logs; @LABEL+N+M may
// stand alone too.
//
// The place counts if the label is still the last one before it, so it holds also where
// labels step back. Otherwise the file was removed, or a processor made another of it,
// and the label is looked for.
//
// [Parse] and [Cursor.String] convert between cursor and text, [ReadFile] and
// [Cursor.WriteFile] keep the text in a file. [At] makes a mark for a place in a log,
// [Mark.Advance] moves it as lines are read, and [Mark.Place] finds the place again,
// also after the logger has renamed, compressed or removed files.
package cursor
