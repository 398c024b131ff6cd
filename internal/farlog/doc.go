// Package farlog is how mlcat reads logs that are not in the file system: it starts a
// helper, mlcat-SCHEME for a URL SCHEME://..., as git starts git-remote-https, and talks
// to it through the helper's standard input and output. Messages to people go to
// standard error.
//
// # Protocol, version 1
//
// When it has started, the helper writes
//
//	mlcat-helper 1
//
// Then mlcat writes requests, each a line of words, which are separated by one space
// and escaped as in the path of a URL. The first word is a number, the second says what
// is wanted. The helper answers each request with a line that begins with the same
// number. It may answer in another order and work on several requests at once.
//
//	N ok SIZE            SIZE bytes follow
//	N missing TEXT       what was asked for does not exist; TEXT is a message
//	N error TEXT         the request failed; TEXT says what, on what, why, and what mends it
//
// The requests are:
//
//	N logs URL           the logs that URL names, in which *, ? and [...] are patterns
//	N look URL AFTER     the files of the log URL, and what is known to be missing
//	N read URL ID OFF N  at most N bytes of the file ID from byte OFF on
//
// The answer to logs has a line "URL HOST LOG" for each log. A URL without patterns is
// answered whether there is such a log or not.
//
// The answer to look has a line "file NAME ID SIZE" for each file, and a line
// "gap FROM TO" for each part that is known to be missing, between these two labels or,
// if they are the same, the file of that label. NAME is the name that the file would have
// in a log directory: an old file's, current or previous. The look leaves out old
// files whose label is not after the label AFTER, unless AFTER is empty, and may leave out
// more of those that an earlier look has listed. The answer is missing if there is no
// such log.
//
// The answer to read is empty at the end of the file, and shorter than N only there. A
// file can be read under its ID also when later looks do not list it.
//
// The helper ends when its standard input does.
package farlog
