package fault

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var away = flag.Duration("away", 2*time.Second, "how long TestAway has the store away")

// network is a way to the store that is cut now and then: what is sent meanwhile arrives
// late, or connections end in the middle of a request or an answer, and there are no new
// ones.
type network struct {
	to       string
	listener net.Listener

	mu     sync.Mutex
	whole  *sync.Cond
	cut    bool
	broken bool // connections end, and are refused
	conns  map[net.Conn]bool
}

// cutNetwork has all that start later reach the store through a network, which it returns.
func cutNetwork(t *testing.T, s *server) *network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{to: fmt.Sprintf("127.0.0.1:%d", s.port), listener: l, conns: make(map[net.Conn]bool)}
	n.whole = sync.NewCond(&n.mu)
	t.Setenv("AWS_ENDPOINT_URL", "http://"+l.Addr().String())
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go n.carry(c)
		}
	}()
	return n
}

// carry carries a connection.
func (n *network) carry(c net.Conn) {
	defer c.Close()
	n.mu.Lock()
	refused := n.broken
	n.mu.Unlock()
	if refused {
		return
	}
	far, err := net.Dial("tcp", n.to)
	if err != nil {
		return
	}
	defer far.Close()
	n.mu.Lock()
	n.conns[c], n.conns[far] = true, true
	n.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { n.copy(far, c) })
	both.Go(func() { n.copy(c, far) })
	both.Wait()
	n.mu.Lock()
	delete(n.conns, c)
	delete(n.conns, far)
	n.mu.Unlock()
}

// copy copies what comes while the network is whole.
func (n *network) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 4<<10)
	for {
		got, err := from.Read(buf)
		n.mu.Lock()
		for n.cut {
			n.whole.Wait()
		}
		n.mu.Unlock()
		if _, writeErr := to.Write(buf[:got]); err != nil || writeErr != nil {
			return
		}
	}
}

// set cuts the network, breaks all connections, or makes it whole.
func (n *network) set(cut, broken bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut, n.broken = cut, broken
	if broken {
		for c := range n.conns {
			c.Close()
		}
	}
	n.whole.Broadcast()
}

// TestCuts cuts the network again and again while lines are logged, and kills the sender
// now and then. Afterwards it counts the lines in the store.
func TestCuts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	s := startServer(t)
	mlship, multilog := build(t)
	direct := os.Getenv("AWS_ENDPOINT_URL")
	n := cutNetwork(t, s)
	dir := filepath.Join(t.TempDir(), "main")
	logger, input := startLogger(t, multilog, dir, "z s65536 n20")
	sender := startSender(t, mlship, dir)
	written := make(chan error, 1)
	go func() { written <- write(input, *lines, *rate) }()
	cuts, killed, done := 0, 0, false
	for !done || cuts < *kills {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done, written = true, nil
		case <-time.After(time.Duration(200+rand.IntN(2000)) * time.Millisecond):
		}
		n.set(rand.IntN(2) == 0, rand.IntN(2) == 0)
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		if rand.IntN(5) == 0 {
			sender.kill()
			sender = startSender(t, mlship, dir)
			killed++
		}
		n.set(false, false)
		cuts++
	}
	if err := logger.Wait(); err != nil {
		t.Fatalf("multilog: %v", err)
	}
	t.Setenv("AWS_ENDPOINT_URL", direct)
	awaitComplete(t, s, dir)
	sender.end()
	checkLines(t, s, *lines)
	t.Logf("%d lines, %d cuts, %d kills", *lines, cuts, killed)
}

// timed tells how long the longest write took.
type timed struct {
	io.WriteCloser
	longest time.Duration
}

func (w *timed) Write(p []byte) (int, error) {
	begun := time.Now()
	n, err := w.WriteCloser.Write(p)
	w.longest = max(w.longest, time.Since(begun))
	return n, err
}

// TestAway has the store away for a while. The logger must not notice, and afterwards
// everything is in the store. Beside it, another logger without a sender gets the same lines.
func TestAway(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	const rate = 2000
	lines := int(away.Seconds()*rate) + 2*rate
	s := startServer(t)
	mlship, multilog := build(t)
	var dirs [2]string
	var services [2]*timed
	var loggers [2]*exec.Cmd
	written := make(chan error, 2)
	for i := range dirs {
		dirs[i] = filepath.Join(t.TempDir(), "main")
		logger, input := startLogger(t, multilog, dirs[i], "z s65536 n20")
		loggers[i], services[i] = logger, &timed{WriteCloser: input}
	}
	sender := startSender(t, mlship, dirs[0])
	for _, service := range services {
		go func() { written <- write(service, lines, rate) }()
	}
	time.Sleep(time.Second)
	s.kill()
	time.Sleep(*away)
	s.start()
	for range services {
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	for _, logger := range loggers {
		if err := logger.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	s.awaitAnswer()
	awaitComplete(t, s, dirs[0])
	sender.end()
	checkLines(t, s, lines)
	t.Logf("away for %v at %d lines/s: the longest write took %v, and %v without a sender", *away, rate, services[0].longest, services[1].longest)
}

// TestAwayAtStart has mlship start while the store is away. What the logger finishes and
// removes until the store comes, in less than a second each, is kept all the same.
func TestAwayAtStart(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	const rate, lines = 1000, 5000
	s := startServer(t)
	mlship, multilog := build(t)
	dir := filepath.Join(t.TempDir(), "main")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.kill()
	sender := startSender(t, mlship, dir)
	time.Sleep(time.Second)
	logger, input := startLogger(t, multilog, dir, "s4096 n10")
	if err := write(input, lines, rate); err != nil {
		t.Fatal(err)
	}
	if err := logger.Wait(); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.awaitAnswer()
	awaitComplete(t, s, dir)
	sender.end()
	checkLines(t, s, lines)
}

// mountSmall mounts a disk of that size.
func mountSmall(t *testing.T, dir, size string) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
}

// enlarge gives a disk more room.
func enlarge(t *testing.T, dir, size string) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size="+size); err != nil {
		t.Fatal(err)
	}
}

// TestFull fills the disk of the store while lines are logged, and then makes it larger.
func TestFull(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	s := startServer(t)
	s.need("versitygw")
	s.kill()
	mountSmall(t, s.dir, "2m")
	if err := os.Mkdir(filepath.Join(s.dir, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.awaitAnswer()
	mlship, multilog := build(t)
	dir := filepath.Join(t.TempDir(), "main")
	logger, input := startLogger(t, multilog, dir, "s65536 n20")
	sender := startSender(t, mlship, dir)
	const lines = 100000 // more than is room for
	if err := write(input, lines, *rate); err != nil {
		t.Fatal(err)
	}
	if err := logger.Wait(); err != nil {
		t.Fatal(err)
	}
	until(t, "files wait for room", func() bool {
		kept, _ := filepath.Glob(filepath.Join(dir, ".ship", "@*"))
		return len(kept) > 40
	})
	enlarge(t, s.dir, "100m")
	awaitComplete(t, s, dir)
	sender.end()
	checkLines(t, s, lines)
	t.Logf("while the disk was full mlship said %s", sender.err.Bytes())
}
