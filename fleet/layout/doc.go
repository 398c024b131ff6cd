// Package layout is how logs lie in an object store: their keys, what is noted
// with each object, and which objects make up a log.
//
// # Keys
//
// A log is what one logger of one host writes: PREFIX/HOST/LOG.
//
//	HOST/LOG/@LABEL.s.zst            a finished file, under the name that it has in its directory
//	HOST/LOG/gap/@LABEL.json         the finished file @LABEL was removed before it could be sent
//	HOST/LOG/gap/@A-@B.json          perhaps there were files after @A and before @B that nobody saw
//	HOST/LOG/live/ID/@FIRST.OFF.zst  a piece of a file that is not finished: whole lines, from its byte OFF on
//	HOST/LOG/live/ID.@LABEL          the file that the pieces ID are of is now finished, as @LABEL
//
// So HOST/LOG/ without what is below gap and live is a log directory.
//
// ID is the label of the file's first line, and a hash of that line, because
// labels may repeat: it is known as soon as the file has one line, and is the same
// under every name that the file gets. FIRST is the label of the piece's first
// line, for readers that look for a time. OFF has ten decimal digits. A key is
// fixed by where the piece begins, never by where it ends: of two tries at one
// piece, which may end differently, one wins, and what comes next begins where the
// winner ends. Pieces may overlap, where a sender could not find out where the
// one before ends; a reader drops from a piece what lies before the byte that it
// has got to.
//
// # Which objects are the log
//
// In order: the finished files by label; then the pieces of files that are not in
// the store as a whole, by offset. Pieces are superseded if there is an object
// ID.@LABEL and the finished file @LABEL. Since that object is put before the
// file, and the pieces are deleted after it, each line is in exactly one place at
// every moment. Labels that repeat or step back do not matter for this; nothing
// here compares labels of lines.
//
// A reader lists the finished files, then live, then the finished files behind the
// last once more. If there are new ones it begins again, for their pieces may be
// gone already. [Look] does that.
//
// When two finished files have one label, as when a file @LABEL.u was compressed
// by hand between two tries, the one whose name sorts first counts.
package layout
