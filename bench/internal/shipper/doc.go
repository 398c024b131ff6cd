// Package shipper runs programs that send a log directory to a server: mlship, and
// others to compare it with.
//
// A [Kind] is such a program with the server that it sends to, both on loopback. Its
// Start makes a [Rig]: the two processes, each of which can be killed and started
// again, and between them a [Link], which counts bytes and can be cut. A rig knows
// which line came last, and in the end reads the server: the numbers of all lines that
// are there, in order. [Tally] says what of the numbers is wrong.
//
// Every shipper has the settings under which it loses least, as far as its manual
// tells: positions and queues on disk, no limit on tries, acknowledgements where the
// protocol has them. Programs that are missing are skipped: [Kind.Missing] says how to
// get them.
package shipper
