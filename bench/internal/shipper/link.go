package shipper

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// A Link is a TCP connection's way from a shipper to its server, on loopback.
type Link struct {
	listener net.Listener
	to       int // the server's port
	bytes    atomic.Int64

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	over  sync.WaitGroup
}

// NewLink returns a link to a port on loopback.
func NewLink(to int) (*Link, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{listener: listener, to: to, conns: map[net.Conn]bool{}}
	l.over.Go(l.accept)
	return l, nil
}

// Port returns the port at which the shipper finds the server.
func (l *Link) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Bytes returns how many bytes have gone through, in both directions, without the
// headers of TCP and IP.
func (l *Link) Bytes() int64 { return l.bytes.Load() }

// Cut closes all connections, and those that come, until Mend.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.conns {
		c.Close()
	}
}

// Mend undoes Cut.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

// Close ends the link.
func (l *Link) Close() {
	l.listener.Close()
	l.Cut()
	l.over.Wait()
}

func (l *Link) accept() {
	for {
		in, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.over.Go(func() { l.join(in) })
	}
}

// join connects a shipper's connection with the server.
func (l *Link) join(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", l.to))
	if err != nil {
		return
	}
	defer out.Close()
	if !l.add(in, out) {
		return
	}
	defer l.remove(in, out)
	var answers sync.WaitGroup
	answers.Go(func() { l.carry(in, out) })
	l.carry(out, in)
	answers.Wait()
}

func (l *Link) add(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		l.conns[c] = true
	}
	return !l.cut
}

func (l *Link) remove(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		delete(l.conns, c)
	}
}

// carry copies one direction until its end, which it passes on.
func (l *Link) carry(to, from net.Conn) {
	_, err := io.Copy(to, io.TeeReader(from, counter{&l.bytes}))
	if tcp, ok := to.(*net.TCPConn); ok && err == nil {
		_ = tcp.CloseWrite()
		return
	}
	to.Close()
	from.Close()
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}
