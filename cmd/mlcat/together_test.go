package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"multilog/internal/farlog"
	"multilog/internal/test/logger"
	"multilog/tai64n"
)

// together is a helper with two logs of one file each. It answers a look, and the first read
// of a file, only when the same is asked of the other log.
type together struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
	read    map[string]bool // logs of which something was read
}

// togetherFile is what both logs have.
func togetherFile() (name, text string) {
	begin := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for i := range 10 {
		name = tai64n.Of(begin.Add(time.Duration(i) * time.Minute)).String()
		text += fmt.Sprintf("%s minute %d\n", name, i)
	}
	return name + ".s", text
}

func mlcatTogether() {
	h := &together{waiting: make(map[string]chan struct{}), read: make(map[string]bool)}
	if err := farlog.Serve(os.Stdin, os.Stdout, h); err != nil {
		fmt.Fprintln(os.Stderr, "mlcat-together:", err)
		os.Exit(111)
	}
}

// meet waits until the other log has got there, too.
func (h *together) meet(where string) error {
	h.mu.Lock()
	other := h.waiting[where]
	if other != nil {
		close(other)
		h.mu.Unlock()
		return nil
	}
	other = make(chan struct{})
	h.waiting[where] = other
	h.mu.Unlock()
	select {
	case <-other:
		return nil
	case <-time.After(logger.Patience):
		return errors.New("nothing was asked of the other log meanwhile: " + where)
	}
}

func (h *together) Logs(string) ([]farlog.Log, error) {
	return []farlog.Log{{URL: "together://a", Host: "a", Name: "log"}, {URL: "together://b", Host: "b", Name: "log"}}, nil
}

func (h *together) Look(string, string) (farlog.View, error) {
	name, text := togetherFile()
	return farlog.View{Files: []farlog.File{{Name: name, ID: name, Size: int64(len(text))}}}, h.meet("look")
}

func (h *together) Read(url, _ string, off int64, n int) (data []byte, err error) {
	h.mu.Lock()
	first := !h.read[url]
	h.read[url] = true
	h.mu.Unlock()
	if first {
		err = h.meet("read")
	}
	_, text := togetherFile()
	text = text[min(off, int64(len(text))):]
	return []byte(text[:min(n, len(text))]), err
}

// Logs that wait for a store wait together: they are opened, and searched for a time, side by
// side.
func TestFarLogsTogether(t *testing.T) {
	cmd := exec.Command("mlcat", "--no-name", "-o", "cat", "-S", "2026-11-29 12:03:00", "-U", "2026-11-29 12:04:00", "together://*")
	cmd.Env = append(os.Environ(), "TZ=UTC0")
	out, err := cmd.CombinedOutput()
	if want := strings.Repeat("minute 3\n", 2) + strings.Repeat("minute 4\n", 2); err != nil || string(out) != want {
		t.Errorf("%v:\n%s\nwant\n%s", err, out, want)
	}
}
