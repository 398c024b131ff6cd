package farlog

import (
	"errors"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// handler answers with what a test wants.
type handler struct {
	data string
	err  error
	hold chan struct{} // Read of the file "late" waits for it
}

func (h handler) Logs(url string) ([]Log, error) { return []Log{{url, "a b", "c%\n"}}, h.err }

func (h handler) Look(_, after string) (View, error) {
	return View{[]File{{"@1 " + after, "id", 1 << 40}}, []Gap{{"a", "b"}}}, h.err
}

func (h handler) Read(_, id string, off int64, n int) ([]byte, error) {
	if id == "late" {
		<-h.hold
	}
	return []byte(h.data)[off:min(int(off)+n, len(h.data))], h.err
}

// connect returns a client of a helper in this process.
func connect(t *testing.T, h Handler) *Client {
	requests, in := io.Pipe()
	answers, out := io.Pipe()
	go func() {
		if err := Serve(requests, out, h); err != nil {
			t.Error(err)
		}
		out.Close()
	}()
	c, err := Connect("mlcat-test", in, answers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return c
}

func TestRequests(t *testing.T) {
	c := connect(t, handler{data: "0123456789"})
	if logs, err := c.Logs("s3://x/ y"); err != nil || !reflect.DeepEqual(logs, []Log{{"s3://x/ y", "a b", "c%\n"}}) {
		t.Errorf("%q, %v", logs, err)
	}
	want := View{[]File{{"@1 z", "id", 1 << 40}}, []Gap{{"a", "b"}}}
	if view, err := c.Look("s3://x", "z"); err != nil || !reflect.DeepEqual(view, want) {
		t.Errorf("%+v, %v", view, err)
	}
	p := make([]byte, 4)
	if n, err := c.Read("s3://x", "id", p, 8); err != nil || string(p[:n]) != "89" {
		t.Errorf("%q, %v", p[:n], err)
	}
	if _, err := c.Read("s3://x", "id", p, -1); err == nil || !strings.Contains(err.Error(), "does not know this request") {
		t.Errorf("a read before the file: %v", err)
	}
}

// An answer that takes long does not hold up others.
func TestOrder(t *testing.T) {
	h := handler{data: "x", hold: make(chan struct{})}
	c := connect(t, h)
	var late sync.WaitGroup
	late.Go(func() {
		if n, err := c.Read("u", "late", make([]byte, 1), 0); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
	if n, err := c.Read("u", "soon", make([]byte, 1), 0); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	close(h.hold)
	late.Wait()
}

// fullPipe is a pipe to a helper that has room for one request.
type fullPipe struct {
	writes  int
	waiting chan struct{} // closed when a write waits for room
	room    chan struct{} // closed when there is some
}

func (f *fullPipe) Write(p []byte) (int, error) {
	if f.writes++; f.writes == 2 {
		close(f.waiting)
		<-f.room
	}
	return len(p), nil
}

// Answers are taken while a request waits until the helper reads it: the helper may wait
// until they are.
func TestFullPipe(t *testing.T) {
	in := &fullPipe{waiting: make(chan struct{}), room: make(chan struct{})}
	answers, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, greeting+"\n")
		<-in.waiting
		_, _ = io.WriteString(out, "1 ok 0\n2 ok 0\n")
	}()
	c, err := Connect("mlcat-test", in, answers)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := c.Logs("u")
			answered <- err
		}()
	}
	select {
	case err = <-answered:
	case <-time.After(10 * time.Second):
		err = errors.New("no answer is taken while a request waits")
	}
	if err != nil {
		t.Error(err)
	}
	close(in.room)
}

func TestErrors(t *testing.T) {
	c := connect(t, handler{err: errors.New("403: it may not\nbe read")})
	if _, err := c.Look("u", ""); err == nil || err.Error() != "403: it may not\nbe read" || errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	c = connect(t, handler{err: Missing("it is not there")})
	if _, err := c.Logs("u"); !errors.Is(err, fs.ErrNotExist) || err.Error() != "it is not there" {
		t.Error(err)
	}
}

// A helper that does not speak the protocol is reported, and no caller waits forever.
func TestBrokenHelpers(t *testing.T) {
	for said, want := range map[string]string{
		"":                 "it ended at once",
		"mlcat-helper 2\n": "it is of another version than mlcat",
	} {
		if _, err := Connect("mlcat-test", io.Discard, strings.NewReader(said)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", said, err)
		}
	}
	for said, want := range map[string]string{
		"":                       "ended in the middle",
		"1 ok 10\n12345":         "ended in the middle",
		"1 ok -1\n":              "ended in the middle",
		"hello\n":                "ended in the middle",
		"1 ok 7\nfile x\n":       "unable to understand",
		"1 ok 13\nfile a b here": "unable to understand",
	} {
		requests, in := io.Pipe()
		answers, out := io.Pipe()
		go func() {
			_, _ = io.WriteString(out, greeting+"\n")
			_, _ = requests.Read(make([]byte, 100))
			_, _ = io.WriteString(out, said)
			out.Close()
		}()
		c, err := Connect("mlcat-test", in, answers)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Look("u", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", said, err)
		}
	}
}

// The error about a helper that is not installed says where it was looked for.
func TestNoHelper(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Start("mlcat-nothing"); err == nil || !strings.Contains(err.Error(), "neither beside mlcat nor in PATH") {
		t.Error(err)
	}
}
