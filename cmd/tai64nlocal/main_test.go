package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// oracle is daemontools' tai64nlocal. Ours writes the same bytes and has the same
// exit codes.
const oracle = "/usr/bin/tai64nlocal"

const asCommand = "TAI64NLOCAL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command returns a command that runs this program with TZ set to tz.
func command(tz string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = []string{asCommand + "=1", "TZ=" + tz}
	return cmd
}

func oracleCommand(t testing.TB, tz string, args ...string) *exec.Cmd {
	t.Helper()
	logger.Need(t, oracle)
	cmd := exec.Command(oracle, args...)
	cmd.Env = []string{"TZ=" + tz}
	return cmd
}

const greeting = "@4000000040cebb173743e93c hello\n"

func TestCommand(t *testing.T) {
	cmd := command("Asia/Tokyo", "--help", "ignored")
	cmd.Stdin = strings.NewReader(greeting + "no label\n" + greeting[:10] + "\nunfinished")
	out, err := cmd.CombinedOutput()
	if want := "2004-06-15 18:02:05.927197500 hello\nno label\n@400000004\nunfinished"; err != nil || string(out) != want {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}

// Output appears when input pauses, also inside a line.
func TestOutputWhenInputPauses(t *testing.T) {
	cmd := command("UTC")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ in, out string }{
		{"text", "text"},
		{" and more", " and more"},
		{"\n@4000000040ceb", "\n"},
		{"b173743e93c ", "2004-06-15 09:02:05.927197500 "},
		{"hello\n", "hello\n"},
		{greeting + "@", "2004-06-15 09:02:05.927197500 hello\n"},
		{"x", "@x"},
	} {
		if _, err := io.WriteString(in, step.in); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(step.out))
		if _, err := io.ReadFull(out, got); err != nil || string(got) != step.out {
			t.Fatalf("after %q: %q, %v, want %q", step.in, got, err, step.out)
		}
	}
	in.Close()
	if rest, err := io.ReadAll(out); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v at the end", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// After a failure the exit code is the oracle's. The oracle prints no message.
func TestFailures(t *testing.T) {
	tests := []struct {
		name    string
		in, out string // files
		message string
	}{
		{"full disk", "", "/dev/full", "tai64nlocal: fatal: unable to write output: out of disk space\n"},
		{"directory", "/", os.DevNull, "tai64nlocal: fatal: unable to read input: is a directory\n"},
		{"not open for reading", "write only", os.DevNull, "tai64nlocal: fatal: unable to read input: bad file descriptor\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runWith := func(cmd *exec.Cmd) (int, string) {
				var message bytes.Buffer
				cmd.Stdin, cmd.Stderr = strings.NewReader(greeting), &message
				switch tt.in {
				case "":
				case "write only":
					cmd.Stdin = open(t, os.DevNull, os.O_WRONLY)
				default:
					cmd.Stdin = open(t, tt.in, os.O_RDONLY)
				}
				cmd.Stdout = open(t, tt.out, os.O_WRONLY)
				return exitCode(t, cmd.Run()), message.String()
			}
			code, message := runWith(command("UTC"))
			if code != 111 || message != tt.message {
				t.Errorf("exit %d, %q, want 111, %q", code, message, tt.message)
			}
			if theirs, _ := runWith(oracleCommand(t, "UTC")); theirs != code {
				t.Errorf("exit %d, the oracle's is %d", code, theirs)
			}
		})
	}
}

func open(t *testing.T, name string, flag int) *os.File {
	t.Helper()
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// When the reader has gone, SIGPIPE ends the command, as it ends the oracle.
func TestClosedPipe(t *testing.T) {
	for name, cmd := range map[string]*exec.Cmd{"ours": command("UTC"), "oracle": oracleCommand(t, "UTC")} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd.Stdin, cmd.Stdout = strings.NewReader(greeting), w
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("%s: %v, want broken pipe", name, err)
		}
	}
}
