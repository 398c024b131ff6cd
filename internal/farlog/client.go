package farlog

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A Client talks to a helper. Its methods may be called by several goroutines.
type Client struct {
	name string // of the helper

	sending sync.Mutex // of in; apart from mu, so that answers are taken while a request waits for room
	in      io.Writer

	mu      sync.Mutex // of what follows
	waiting map[int]chan answer
	last    int   // the number of the last request
	ended   error // why no answers come any more; nil while they do
}

type answer struct {
	data []byte
	err  error
}

// Start starts the helper name, which is looked for beside this program and then in
// PATH. It ends when this process does.
func Start(name string) (*Client, error) {
	path, err := find(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // Ctrl-C is for mlcat, or for its pager
		Pdeathsig: syscall.SIGTERM, // it may be waiting for a store that does not answer
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("unable to run %s: %w", path, err)
	}
	return Connect(name, in, out)
}

// find returns the path of a helper.
func find(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		path := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("unable to find the helper %s: it is neither beside mlcat nor in PATH; install it from the same release", name)
	}
	return path, nil
}

// Connect returns a client of the helper name that reads from in and writes to out. It
// waits for the helper's greeting.
func Connect(name string, in io.Writer, out io.Reader) (*Client, error) {
	r := bufio.NewReaderSize(out, 256<<10)
	first, err := r.ReadString('\n')
	switch {
	case err != nil:
		return nil, fmt.Errorf("unable to start the helper %s: it ended at once", name)
	case first != greeting+"\n":
		return nil, fmt.Errorf("unable to use the helper %s: it is of another version than mlcat; install both from the same release", name)
	}
	c := &Client{name: name, in: in, waiting: make(map[int]chan answer)}
	go c.read(r)
	return c, nil
}

// read hands out answers until there are no more.
func (c *Client) read(r *bufio.Reader) {
	for {
		number, a, err := readAnswer(r)
		c.mu.Lock()
		if err != nil {
			c.ended = Failure("the helper " + c.name + " ended in the middle of its work")
			for _, w := range c.waiting {
				w <- answer{err: c.ended}
			}
			c.waiting = nil
			c.mu.Unlock()
			return
		}
		if w := c.waiting[number]; w != nil {
			delete(c.waiting, number)
			w <- a
		}
		c.mu.Unlock()
	}
}

// readAnswer reads an answer. An invalid answer counts as an unexpected end.
func readAnswer(r *bufio.Reader) (number int, a answer, err error) {
	text, err := r.ReadString('\n')
	if err != nil {
		return 0, a, err
	}
	w, err := words(text)
	if err != nil || len(w) != 3 {
		return 0, a, io.ErrUnexpectedEOF
	}
	if number, err = strconv.Atoi(w[0]); err != nil {
		return 0, a, io.ErrUnexpectedEOF
	}
	switch w[1] {
	case "ok":
		size, err := strconv.Atoi(w[2])
		if err != nil || size < 0 {
			return 0, a, io.ErrUnexpectedEOF
		}
		a.data = make([]byte, size)
		_, err = io.ReadFull(r, a.data)
		return number, a, err
	case "missing":
		a.err = Missing(w[2])
	case "error":
		a.err = Failure(w[2])
	default:
		return 0, a, io.ErrUnexpectedEOF
	}
	return number, a, nil
}

// call sends a request and waits for its answer.
func (c *Client) call(request ...string) ([]byte, error) {
	c.mu.Lock()
	if c.ended != nil {
		c.mu.Unlock()
		return nil, c.ended
	}
	c.last++
	number := strconv.Itoa(c.last)
	w := make(chan answer, 1)
	c.waiting[c.last] = w
	c.mu.Unlock()
	c.sending.Lock()
	// If the helper is gone, read finds that out.
	_, _ = io.WriteString(c.in, line(append([]string{number}, request...)...))
	c.sending.Unlock()
	a := <-w
	return a.data, a.err
}

// Logs returns the logs that a URL names.
func (c *Client) Logs(url string) ([]Log, error) {
	data, err := c.call("logs", url)
	if err != nil {
		return nil, err
	}
	var logs []Log
	for text := range strings.Lines(string(data)) {
		w, err := words(text)
		if err != nil || len(w) != 3 {
			return nil, fmt.Errorf("unable to understand the helper %s: %q", c.name, text)
		}
		logs = append(logs, Log{w[0], w[1], w[2]})
	}
	return logs, nil
}

// Look returns the files of a log.
func (c *Client) Look(url, after string) (View, error) {
	var v View
	data, err := c.call("look", url, after)
	if err != nil {
		return v, err
	}
	for text := range strings.Lines(string(data)) {
		w, err := words(text)
		switch {
		case err == nil && len(w) == 4 && w[0] == "file":
			f := File{Name: w[1], ID: w[2]}
			if f.Size, err = strconv.ParseInt(w[3], 10, 64); err == nil {
				v.Files = append(v.Files, f)
				continue
			}
		case err == nil && len(w) == 3 && w[0] == "gap":
			v.Gaps = append(v.Gaps, Gap{w[1], w[2]})
			continue
		}
		return v, fmt.Errorf("unable to understand the helper %s: %q", c.name, text)
	}
	return v, nil
}

// Read reads from byte off of a file on, and returns how much it read into p: less than
// all only at the end of the file. p must not be longer than [MaxReadBytes].
func (c *Client) Read(url, id string, p []byte, off int64) (int, error) {
	data, err := c.call("read", url, id, strconv.FormatInt(off, 10), strconv.Itoa(len(p)))
	return copy(p, data), err
}
