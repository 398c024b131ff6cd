// Package ship sends logs to an object store, every line once and in order, while
// their loggers know nothing of it. Package layout says what the store then has.
//
// # A log
//
// A [Log] sends one log directory. [Log.Step] brings the store up to what is in the
// directory now: first the files that are finished and not in the store, each as
// it is; then what is new in those that are not finished, in pieces of whole
// lines. The step may end anywhere, by an error or a kill: where to go on is read
// from the store, and nothing on this machine says so. [Log.Keep] gives finished
// files a second name in DIR/.ship, so that they outlast their removal by the
// logger until they are in the store, or until they take more than Config.Keep.
//
// # Why every line is there once
//
// A finished file never changes, and neither does its label; its key is made of its
// label, and put only if absent. So it does not matter how often it is sent, by how
// many senders, or when a request arrives.
//
// A piece begins at a byte of a file, which is known by its first line, under
// whatever name. Its key is made of these two, and put only if absent; a sender
// that is told that the key is taken reads from the store where that piece ends,
// and goes on there. Bytes that the logger could still take back after a kill are
// not sent: the directory's lock page says which these are.
//
// Before a finished file is put, an object says which pieces it takes the place of;
// after it, they are deleted. That object stays for an hour: a store does not
// accept a request that was signed more than 15 minutes ago, so no piece can come
// back to life after it is gone.
//
// # What may be missing
//
// Loggers remove the oldest files first. So if the last file that was seen is still
// there, none that came later was removed. If it is not, and the oldest one there
// does not follow it for certain, a gap object says so, between which labels. A
// file that Keep had to drop leaves a note in .ship, of which Step makes a gap
// object. Such an object is a statement that lines are missing, or may be; without
// one, none are.
//
// # When a file is finished
//
// Names with a label and any ending but .u and .t are. @LABEL.u is finished when a
// later file is: loggers finish files in order. Until then its lines are sent in
// pieces. A log whose first line has no label is sent in finished files only; so is
// one with a line of more than a MiB.
package ship
