// Package remote opens logs that a helper reads (package farlog), such as those in an
// object store, as directories of package logdir.
//
// A [Directory] is what the helper's last look found, and tells as changes how the next
// look differs. So a reader always sees the log as it was at one moment. Looks are two
// seconds apart.
//
// Small reads of old files, as a search makes them, are served from chunks that are kept.
package remote
