package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A process is a producer that runs.
type process struct {
	cmd    *exec.Cmd
	result *os.File
	said   bytes.Buffer // on its standard error
	times  *os.File     // nil unless the order has a Watch
	lines  int
}

// produce starts a producer that writes to pipe. in may be nil where the order is
// for mail.
func produce(ctx context.Context, in *Input, o Order, pipe *os.File) (_ *process, err error) {
	var data *os.File
	if in != nil {
		o.Bytes, data = len(in.Data), in.file
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{lines: o.Lines}
	r, w, err := NewPipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	p.result = r
	defer func() {
		if err != nil {
			p.discard()
		}
	}()
	p.cmd = exec.CommandContext(ctx, exe, string(text))
	p.cmd.Env = append(os.Environ(), childVariable("producer"))
	p.cmd.Stdout, p.cmd.Stderr = pipe, &p.said
	p.cmd.ExtraFiles = []*os.File{data, w}
	if o.Watch.Path != "" {
		fd, err := unix.MemfdCreate("bench-times", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, fmt.Errorf("memfd_create: %w", err)
		}
		p.times = os.NewFile(uintptr(fd), "bench-times")
		if err := p.times.Truncate(int64(8 * o.Lines)); err != nil {
			return nil, err
		}
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, p.times)
	}
	endWith(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("producer: %w", err)
	}
	return p, nil
}

// wait waits for the end of the producer and returns its result.
func (p *process) wait() (Produced, error) {
	var out Produced
	text, readErr := io.ReadAll(p.result)
	if err := p.cmd.Wait(); err != nil {
		return out, fmt.Errorf("producer: %w: %s", err, strings.TrimSpace(p.said.String()))
	}
	if readErr != nil {
		return out, fmt.Errorf("producer: %w", readErr)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("producer: %w", err)
	}
	return out, nil
}

// kill ends a producer whose run has failed.
func (p *process) kill() {
	_ = p.cmd.Cancel() // it may have ended by itself
	_, _ = p.wait()
}

// writeTimes returns the times of the writes, in nanoseconds since 1970.
func (p *process) writeTimes() ([]int64, error) {
	data := make([]byte, 8*p.lines)
	if _, err := p.times.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("times: %w", err)
	}
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(data))), p.lines), nil
}

// discard frees what belongs to the process.
func (p *process) discard() {
	p.result.Close()
	if p.times != nil {
		p.times.Close()
	}
}
