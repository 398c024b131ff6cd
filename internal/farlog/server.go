package farlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// A Handler answers requests. Its methods are called by several goroutines. An error
// that wraps [fs.ErrNotExist] means that what was asked for does not exist.
type Handler interface {
	Logs(url string) ([]Log, error)
	Look(url, after string) (View, error)
	Read(url, id string, off int64, n int) ([]byte, error)
}

// maxAtOnce is how many requests a helper works on at a time.
const maxAtOnce = 16

// Serve is a helper: it answers requests from in to out, until in ends. The error is
// one of reading or writing, or says what is wrong with a request.
func Serve(in io.Reader, out io.Writer, h Handler) error {
	if _, err := io.WriteString(out, greeting+"\n"); err != nil {
		return err
	}
	s := &server{out: out, handler: h}
	slots := make(chan struct{}, maxAtOnce)
	var working sync.WaitGroup
	defer working.Wait()
	lines := bufio.NewReader(in)
	for {
		text, err := lines.ReadString('\n')
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return err
		}
		request, err := words(text)
		if err != nil {
			return err
		}
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			s.answer(request)
		})
	}
}

type server struct {
	handler Handler
	mu      sync.Mutex // of out
	out     io.Writer
}

// answer answers one request. If no one reads the answer, the input ends soon.
func (s *server) answer(request []string) {
	data, err := s.do(request)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, _ = io.WriteString(s.out, line(request[0], "missing", err.Error()))
	case err != nil:
		_, _ = io.WriteString(s.out, line(request[0], "error", err.Error()))
	default:
		_, _ = io.WriteString(s.out, line(request[0], "ok", strconv.Itoa(len(data))))
		_, _ = s.out.Write(data)
	}
}

func (s *server) do(request []string) ([]byte, error) {
	var text strings.Builder
	switch n := len(request); {
	case n == 3 && request[1] == "logs":
		logs, err := s.handler.Logs(request[2])
		for _, l := range logs {
			text.WriteString(line(l.URL, l.Host, l.Name))
		}
		return []byte(text.String()), err
	case n == 4 && request[1] == "look":
		view, err := s.handler.Look(request[2], request[3])
		for _, f := range view.Files {
			text.WriteString(line("file", f.Name, f.ID, strconv.FormatInt(f.Size, 10)))
		}
		for _, g := range view.Gaps {
			text.WriteString(line("gap", g.From, g.To))
		}
		return []byte(text.String()), err
	case n == 6 && request[1] == "read":
		off, err1 := strconv.ParseInt(request[4], 10, 64)
		size, err2 := strconv.Atoi(request[5])
		if err1 != nil || err2 != nil || off < 0 || size < 0 || size > MaxReadBytes {
			break
		}
		return s.handler.Read(request[2], request[3], off, size)
	}
	return nil, fmt.Errorf("the helper does not know this request: %q", request)
}
