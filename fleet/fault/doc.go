// Package fault kills senders and stores, and counts the lines. It has tests only.
//
// A logger of this project writes numbered lines and rotates; mlship sends them
// to a versitygw on loopback; both are killed with SIGKILL, again and again. In
// the end the store has every line once, in order.
//
//	go test ./fault                                          a few seconds
//	go test ./fault -lines 500000 -kills 30 -storekills 15   what a release must pass
//
// scripts/fleet-peers installs versitygw. Without it the tests are skipped; with
// CI=true that is an error.
package fault
