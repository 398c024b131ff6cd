package filter

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// pairs doubles each pair of bytes and leaves a single byte until its partner comes.
// It stores at most 1,000 bytes a call, so one read takes several calls.
type pairs struct{}

func (pairs) Convert(dst, src []byte) (n, used int) {
	for used+2 <= len(src) && n+4 <= len(dst) && n < 1000 {
		n += copy(dst[n:], src[used:used+2])
		n += copy(dst[n:], src[used:used+2])
		used += 2
	}
	return n, used
}

func TestRunConvertsAll(t *testing.T) {
	in := strings.Repeat("0123456789", 30_000) + "ab"
	var want strings.Builder
	for i := 0; i < len(in); i += 2 {
		want.WriteString(in[i:i+2] + in[i:i+2])
	}
	for name, reader := range map[string]io.Reader{
		"all":         strings.NewReader(in),
		"a byte each": iotest.OneByteReader(strings.NewReader(in)),
		"halves":      iotest.HalfReader(strings.NewReader(in)),
		"end at once": iotest.DataErrReader(strings.NewReader(in)),
		"left over":   strings.NewReader(in + "c"),
	} {
		var out bytes.Buffer
		if op, err := run(&out, reader, pairs{}); err != nil {
			t.Errorf("%s: unable to %s: %v", name, op, err)
		}
		if out.String() != want.String() {
			t.Errorf("%s: %d bytes out, want %d", name, out.Len(), want.Len())
		}
	}
}

// run writes what it has read before it reads again.
func TestRunWritesBeforeItReads(t *testing.T) {
	r, w := io.Pipe()
	out, outWriter := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := run(outWriter, r, pairs{})
		outWriter.Close()
		done <- err
	}()
	buf := make([]byte, 4)
	for range 3 {
		if _, err := w.Write([]byte("ab")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, buf); err != nil || string(buf) != "abab" {
			t.Fatalf("%q, %v", buf, err)
		}
	}
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunFails(t *testing.T) {
	broken := errors.New("broken")
	if op, err := run(io.Discard, iotest.ErrReader(broken), pairs{}); op != "read input" || err != broken {
		t.Errorf("unable to %s: %v", op, err)
	}
	r, w := io.Pipe()
	r.CloseWithError(broken)
	if op, err := run(w, strings.NewReader("ab"), pairs{}); op != "write output" || err != broken {
		t.Errorf("unable to %s: %v", op, err)
	}
	var out bytes.Buffer // must hold what was read before the failure
	_, err := run(&out, io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), pairs{})
	if err != broken || out.String() != "abab" {
		t.Errorf("%q, %v", &out, err)
	}
}

func TestReason(t *testing.T) {
	for want, err := range map[string]error{
		"out of disk space":  &wrapped{syscall.ENOSPC},
		"is a directory":     &wrapped{syscall.EISDIR},
		"input/output error": &wrapped{syscall.EIO},
		"strange":            errors.New("strange"),
	} {
		if got := reason(err); got != want {
			t.Errorf("reason(%v) = %q, want %q", err, got, want)
		}
	}
}

type wrapped struct{ error }

func (w *wrapped) Unwrap() error { return w.error }
