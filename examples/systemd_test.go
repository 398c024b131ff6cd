package examples

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// TestSystemdUnits checks the units with systemd-analyze, and a service that has the
// drop-in.
func TestSystemdUnits(t *testing.T) {
	logger.Need(t, "systemd-analyze")
	t.Parallel()
	dir := t.TempDir()
	units := []string{"multilog@.socket", "multilog@.service", "logged.service"}
	for _, name := range units {
		from := strings.Replace(name, "logged.service", "logged.conf", 1)
		unit, err := os.ReadFile(filepath.Join("systemd", from))
		must(t, err)
		unit = bytes.ReplaceAll(unit, []byte("/usr/lib/multilog/bin"), []byte(filepath.Dir(logger.Binary(t, "multilog"))))
		if name == "logged.service" {
			unit = append(unit, "ExecStart=/bin/true\n"...)
		}
		must(t, os.WriteFile(filepath.Join(dir, name), unit, 0o600))
	}
	for _, unit := range units {
		cmd := exec.Command("systemd-analyze", "verify", "--man=no", filepath.Join(dir, unit))
		cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":/lib/systemd/system") // no unit of this machine
		if out, err := cmd.CombinedOutput(); err != nil || len(out) != 0 {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
	}
}

// TestSystemdCommand runs the command of the service as systemd does: its standard input
// is a FIFO that systemd holds open for reading and writing, without blocking.
func TestSystemdCommand(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	fifo := filepath.Join(base, "mail.fifo")
	must(t, mkfifo(fifo))
	fd, err := unix.Open(fifo, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	must(t, err)
	held := os.NewFile(uintptr(fd), fifo)
	t.Cleanup(func() { held.Close() })
	service, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	must(t, err)
	t.Cleanup(func() { service.Close() })
	command := strings.Fields(setting(t, "multilog@.service", "ExecStart"))
	if filepath.Base(command[0]) != "multilog" {
		t.Fatalf("the service starts %q", command)
	}
	command[0] = logger.Binary(t, "multilog")

	var want []string
	logged := func() bool {
		data, _ := os.ReadFile(filepath.Join(base, "main/current"))
		return strings.HasSuffix(string(data), want[len(want)-1])
	}
	write := func() {
		for range 100 {
			want = append(want, fmt.Sprintf("line %d\n", len(want)))
			_, err := service.WriteString(want[len(want)-1])
			must(t, err)
		}
	}
	for _, signal := range []unix.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGKILL, unix.SIGTERM} {
		write() // to a logger that is not there
		l := logger.New(t, base, command...)
		l.Command().Stdin = held
		l.Start()
		logger.Until(t, "the lines from before its start", logged)
		write() // while the signal comes
		l.Signal(signal)
		if signal == unix.SIGTERM {
			l.Exits(0)
		} else {
			l.Wait()
		}
	}
	write()
	l := logger.New(t, base, command...)
	l.Command().Stdin = held
	l.Start()
	logger.Until(t, "the last lines", logged)
	l.Signal(unix.SIGTERM)
	l.Exits(0)
	new(run).verify(t, filepath.Join(base, "main"), want)
}

// setting returns the value of the line NAME=VALUE of a unit.
func setting(t *testing.T, unit, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("systemd", unit))
	must(t, err)
	m := regexp.MustCompile(`(?m)^`+name+`=(.*)$`).FindAllSubmatch(text, -1)
	if len(m) != 1 {
		t.Fatalf("%s has %d lines %s=", unit, len(m), name)
	}
	return string(m[0][1])
}
