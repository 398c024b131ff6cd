// Package ports finds ports on loopback for servers that tests and benchmarks start, and
// waits for these servers.
package ports

import (
	"context"
	"fmt"
	"net"
	"time"
)

// poll is the time between two tries to connect.
const poll = 5 * time.Millisecond

// Free returns a port on loopback that no program listens on. Another program may take
// it before the caller's server does.
func Free() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Await waits until a program listens on a port on loopback. It returns the error of the
// last try after the time most, and the context's error when that ends.
func Await(ctx context.Context, port int, most time.Duration) error {
	for deadline := time.Now().Add(most); ; {
		c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}
