// Package zstdcmd implements the command multilog-zstd. It compresses the finished
// files of a log: as a processor of any multilog, and for the script action z, with
// which our multilog runs itself under the name [Name].
//
// As a processor it must never let half a file pass for a whole one, because multilog
// deletes the original after exit code 0. So it closes its output before it exits and
// treats an error of close as a failure; it refuses a standard descriptor that was
// closed; and after a failure it truncates a regular file to its previous length, and
// leaves elsewhere output that does not decompress without an error.
//
// The format is that of package seekable. Main expects a process of its own.
package zstdcmd
