package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/tai64n"
)

// oracle is daemontools' tai64n. Ours has the same exit codes.
const oracle = "/usr/bin/tai64n"

const asCommand = "TAI64N_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = []string{asCommand + "=1"}
	return cmd
}

func oracleCommand(t *testing.T) *exec.Cmd {
	t.Helper()
	logger.Need(t, oracle)
	return exec.Command(oracle)
}

// unlabel removes the labels from the lines of text and returns both. It fails the
// test if a line has no label or if the labels do not strictly increase.
func unlabel(t *testing.T, text string) (lines string, labels []tai64n.Label) {
	t.Helper()
	var rest strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if line == "" {
			continue
		}
		l, ok := tai64n.ParseString(line)
		if !ok || len(line) < tai64n.StampLen || line[tai64n.Len] != ' ' {
			t.Fatalf("no label: %q", line)
		}
		if len(labels) > 0 && !labels[len(labels)-1].Before(l) {
			t.Fatalf("label %v is not after %v", l, labels[len(labels)-1])
		}
		labels = append(labels, l)
		rest.WriteString(line[tai64n.StampLen:])
	}
	return rest.String(), labels
}

func TestCommand(t *testing.T) {
	for _, in := range []string{"", "\n", "one\n", "one\n\ntwo\nunfinished", "\x00\xff\n", "@4000000040cebb173743e93c a label\n", strings.Repeat("long", 300_000) + "\nx", strings.Repeat("\n", 100_000)} {
		cmd := command("--help", "ignored")
		cmd.Stdin = strings.NewReader(in)
		before := tai64n.Of(time.Now())
		out, err := cmd.Output()
		after := tai64n.Of(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		lines, labels := unlabel(t, string(out))
		if lines != in {
			t.Errorf("%.50q comes out as %.100q", in, lines)
		}
		if n := len(labels); n > 0 && (labels[0].Before(before) || after.Before(labels[n-1])) {
			t.Errorf("labels %v to %v, but it was %v to %v", labels[0], labels[n-1], before, after)
		}
	}
}

// The label is the time of the first byte, and it is written as soon as that byte has
// been read.
func TestLabelIsOfTheFirstByte(t *testing.T) {
	cmd := command()
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
	send := func(text string, labels int) string {
		t.Helper()
		if _, err := io.WriteString(in, text); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(text)+labels*tai64n.StampLen)
		if _, err := io.ReadFull(out, got); err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	line := send("be", 1)
	begun := tai64n.Of(time.Now())
	if got := send("gun\n", 0); got != "gun\n" {
		t.Errorf("%q", got)
	}
	second := send("second\n", 1) // its label was not written ahead of it
	in.Close()
	if rest, err := io.ReadAll(out); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v at the end", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	_, labels := unlabel(t, line+"\n"+second)
	if begun.Before(labels[0]) || labels[1].Before(begun) {
		t.Errorf("labels %v and %v, but the first line was begun before %v, the second after it", labels[0], labels[1], begun)
	}
}

// With a clock that stands still or goes back, and with input and output in pieces of
// any size, labels increase and the text stays the same.
func TestConvertInPieces(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var in, out bytes.Buffer
		for in.Len() < 20_000 {
			in.WriteString("some text of a line\n"[rnd.IntN(20):])
		}
		now := int64(1_700_000_000_999_999_000)
		l := &labeller{clock: func() int64 { return now }}
		dst := make([]byte, 200)
		for text := in.Bytes(); len(text) > 0; {
			piece := text[:min(1+rnd.IntN(100), len(text))]
			n, used := l.Convert(dst[:30+rnd.IntN(170)], piece)
			out.Write(dst[:n])
			text = text[used:]
			if used == 0 {
				t.Fatalf("seed %d: nothing of %q is converted", seed, piece)
			}
			now += rnd.Int64N(100) - 50
		}
		lines, _ := unlabel(t, out.String())
		if lines != in.String() {
			t.Errorf("seed %d: the text has changed", seed)
		}
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name    string
		in, out string // files
		flag    int    // for opening in
		message string
	}{
		{"full disk", "", "/dev/full", 0, "tai64n: fatal: unable to write output: out of disk space\n"},
		{"directory", "/", os.DevNull, os.O_RDONLY, "tai64n: fatal: unable to read input: is a directory\n"},
		{"not open for reading", os.DevNull, os.DevNull, os.O_WRONLY, "tai64n: fatal: unable to read input: bad file descriptor\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runWith := func(cmd *exec.Cmd) (int, string) {
				var message bytes.Buffer
				cmd.Stdin, cmd.Stderr = strings.NewReader("line\n"), &message
				if tt.in != "" {
					cmd.Stdin = open(t, tt.in, tt.flag)
				}
				cmd.Stdout = open(t, tt.out, os.O_WRONLY)
				err := cmd.Run()
				var exit *exec.ExitError
				if !errors.As(err, &exit) {
					t.Fatalf("%v, want a failure", err)
				}
				return exit.ExitCode(), message.String()
			}
			code, message := runWith(command())
			if code != 111 || message != tt.message {
				t.Errorf("exit %d, %q, want 111, %q", code, message, tt.message)
			}
			if theirs, _ := runWith(oracleCommand(t)); theirs != code {
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

// When the reader has gone, SIGPIPE ends the command, as it ends the oracle.
func TestClosedPipe(t *testing.T) {
	for name, cmd := range map[string]*exec.Cmd{"ours": command(), "oracle": oracleCommand(t)} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd.Stdin, cmd.Stdout = strings.NewReader("line\n"), w
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("%s: %v, want broken pipe", name, err)
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	src := bytes.Repeat([]byte("delivery 17: success: 192.0.2.1_accepted_message./\nstatus: local 0/10 remote 3/20\n"), 800)
	dst := make([]byte, 2*len(src))
	l := &labeller{clock: func() int64 { return time.Now().UnixNano() }}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if n, used := l.Convert(dst, src); used != len(src) || n <= used {
			b.Fatal(n, used)
		}
	}
}
