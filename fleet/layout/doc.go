// Package layout defines how logs lie in an object store: their keys, the metadata of
// each object, and which objects make up a log.
//
// # Keys
//
// A log is what one logger of one host writes: PREFIX/HOST/LOG.
//
//	HOST/LOG/@LABEL.s.zst            a finished file, under its name in the log directory
//	HOST/LOG/gap/@LABEL.json         the finished file @LABEL was removed before it could be sent
//	HOST/LOG/gap/@A-@B.json          there may have been files after @A and before @B that no sender saw
//	HOST/LOG/live/ID/@FIRST.OFF.zst  a piece of an unfinished file: whole lines, from its byte OFF on
//	HOST/LOG/live/ID.@LABEL          the file with the pieces ID is now finished, as @LABEL
//
// So HOST/LOG/ without gap/ and live/ is a log directory.
//
// ID consists of the label of the file's first line and a hash of that line, because
// labels may repeat. It is known as soon as the file has one line, and is the same
// under every name that the file gets. FIRST is the label of the piece's first line,
// for readers that search for a time. OFF has ten decimal digits. A key is determined
// by where the piece begins, never by where it ends: if there are two tries at one
// piece, which may end differently, one wins, and the next piece begins where the
// winner ends. Pieces may overlap if a sender could not find out where the one before
// ends. A reader then drops the part of a piece that it has read already.
//
// # Which objects are the log
//
// In order: the finished files by label; then the pieces of files that are not in the
// store as a whole, by offset. Pieces are superseded if there are an object ID.@LABEL
// and the finished file @LABEL. That object is put before the file, and the pieces are
// deleted after it, so at every moment each line is in exactly one place. Labels that
// repeat or step back do not matter, because nothing here compares labels of lines.
//
// # Looking while a sender is working
//
// A listing does not show one moment. It may or may not have the keys that come or go
// while it is made: a store may read one directory after the other, and a long listing
// takes several requests. So it may have the last file but not the one before it, or an
// ID without its first pieces. [Look] makes five listings, one after the other: live,
// live again, the files, the files again, and live once more. It takes
//
//   - of the second listing of the files, all up to the last file of the first one;
//   - of the second listing of live, the pieces up to the last piece of the first one,
//     without those of files that are taken.
//
// These follow from the order of a sender's requests: the objects of a log are put in
// the order of its lines; ID.@LABEL is put before the file @LABEL, and pieces are
// deleted after it.
//
//   - Nothing that was there before Look began is missing. What was in a file is in the
//     listing of files. A piece was there in both listings, or it was deleted
//     meanwhile; then its file was put before, and is in the listing of files.
//   - Nothing is there without what comes before it. Before the last piece of the
//     first listing of live was put, all lines before it had been put. So when the second
//     listing began, each of them was in a piece or in a file, and is taken as the
//     one or as the other. When the last file was put, all files before it had been
//     put; so the second listing of the files, which began later, has them.
//   - Nothing is there twice. If a file is taken, ID.@LABEL was put before, and the last
//     listing has it: it stays for an hour.
//
// A fast sender does not matter: Look makes as many listings as ever. A piece that it
// has found may be deleted before it is read. Then the object ID.@LABEL tells which file
// has its lines, which [Became] returns.
//
// When two finished files have one label, as when a file @LABEL.u was compressed
// by hand between two tries, the one whose name sorts first counts.
package layout
