package mountns

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const asCommand = "MOUNTNS_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		Enter()
		fmt.Println(namespace(), Entered(), strings.Join(os.Args[1:], " "))
		return
	}
	os.Exit(m.Run())
}

func namespace() string {
	name, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err.Error()
	}
	return name
}

// The process goes on in a new namespace with its arguments. If it is in one already,
// it stays there.
func TestEnter(t *testing.T) {
	if out, err := exec.Command("unshare", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("unable to make a namespace: %v: %s", err, out)
	}
	run := func(env ...string) (name, rest string) {
		t.Helper()
		cmd := exec.Command(os.Args[0], "one", "two")
		cmd.Env = append(env, asCommand+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		name, rest, _ = strings.Cut(string(out), " ")
		return name, rest
	}
	if name, rest := run(); name == namespace() || rest != "true one two\n" {
		t.Errorf("it goes on in %s: %q", name, rest)
	}
	if name, rest := run(Env + "="); name == namespace() || rest != "true one two\n" {
		t.Errorf("with an empty variable, it goes on in %s: %q", name, rest)
	}
	if name, rest := run(Env + "=1"); name != namespace() || rest != "true one two\n" {
		t.Errorf("again, it goes on in %s: %q", name, rest)
	}
}
