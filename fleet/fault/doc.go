// Package fault kills senders and stores, and counts the lines. It has tests only.
//
// A logger of this project writes numbered lines and rotates; mlship sends them
// to a versitygw on loopback; both are killed with SIGKILL, again and again; the network
// is cut, and the store's disk is full. In the end the store has every line once, in order.
//
//	go test ./fault                                          a few seconds
//	go test ./fault -lines 500000 -kills 30 -storekills 15   what a release must pass
//	go test ./fault -run TestAway -away 10m                  the store is away for so long
//	go test ./fault -run TestMany -hosts 50 -files 20 -filebytes 16777216
//	go test ./fault -store gofakes3                          another store, with another backend
//
// For the last one, go install github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0.
//
// scripts/fleet-peers installs versitygw. Without it the tests are skipped; with
// CI=true that is an error.
package fault
