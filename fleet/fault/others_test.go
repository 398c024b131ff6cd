package fault

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOtherLoggers sends what other loggers write while they rotate.
func TestOtherLoggers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	s := startServer(t)
	s.need("versitygw")
	mlship, _ := build(t)
	for _, c := range []struct {
		name string
		args []string // what comes before the directory
	}{
		{"/usr/bin/multilog", []string{"t", "s4096", "n20"}},
		{"/usr/bin/multilog", []string{"t", "s4096", "n20", "!cat"}},
		{"s6-log", []string{"t", "s4096", "n20"}},
		{"svlogd", []string{"-t"}},
	} {
		t.Run(filepath.Base(c.name)+" "+c.args[len(c.args)-1], func(t *testing.T) {
			bin, err := exec.LookPath(c.name)
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s is not installed: run scripts/peers", c.name)
				}
				t.Skipf("%s is not installed: run scripts/peers", c.name)
			}
			if err := os.RemoveAll(filepath.Join(s.dir, bucket, "logs")); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "main")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.name == "svlogd" {
				if err := os.WriteFile(dir+"/config", []byte("s4096\nn20\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			sender := startSender(t, mlship, dir)
			logger, input := startCommand(t, bin, append(c.args, dir)...)
			const lines, rate = 2000, 1000
			if err := write(input, lines, rate); err != nil {
				t.Fatal(err)
			}
			if err := logger.Wait(); err != nil {
				t.Fatal(err)
			}
			awaitComplete(t, s, dir)
			sender.end()
			checkLines(t, s, lines)
		})
	}
}
