package linux

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// SIGTERM ends a logger whose start hangs, as on a file system that does not answer.
// The logger is this test's program, started again; it does nothing else.
func TestTermDuringStart(t *testing.T) {
	const hangs = "MULTILOG_TEST_HANGING_START"
	if os.Getenv(hangs) != "" {
		if _, err := Open(Limits{}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("started")
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTermDuringStart$")
	cmd.Env = append(os.Environ(), hangs+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if inErr != nil || outErr != nil || cmd.Start() != nil {
		t.Fatal("the logger can't be started")
	}
	defer in.Close()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitTrouble || !bytes.Contains(stderr.Bytes(), []byte("multilog: fatal: unable to finish starting")) {
		t.Errorf("exit code %d: %s", code, stderr.Bytes())
	}
}
