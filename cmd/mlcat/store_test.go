package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// withHelper returns a directory with the script of a helper for logs bad://..., and an environment
// in which mlcat finds it.
func withHelper(t *testing.T, script string) (dir string, env []string) {
	dir = t.TempDir()
	if err := os.WriteFile(dir+"/mlcat-bad", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
}

// badStore is a helper for a log of two files, of which it can't read the first one while the
// file "broken" is in its directory.
const badStore = `#!/bin/sh
a=@400000005000000000000001.s b=@400000005000000000000002.s
say() { printf '%s ok %d\n%s\n' "$1" "$((${#2} + 1))" "$2"; }
echo mlcat-helper 1
while read -r n what url id rest; do
	case $what,$id in
	logs,*) say $n "$url h l" ;;
	look,*) say $n "file $a $a 30
file $b $b 30" ;;
	read,*1.s) if [ -e "${0%/*}/broken" ]; then echo "$n error busy"; else say $n "@400000005000000000000001 one"; fi ;;
	read,*) say $n "@400000005000000000000002 two" ;;
	esac
done
`

// A cursor does not move behind lines that the store did not give.
func TestCursorStoreFails(t *testing.T) {
	dir, env := withHelper(t, badStore)
	seen, broken := filepath.Join(dir, "seen"), filepath.Join(dir, "broken")
	run := func() (out string, err error) {
		cmd := exec.Command(logger.Binary(t, "mlcat"), "-o", "cat", "--cursor-file="+seen, "bad://b/h/l")
		cmd.Env = env
		var said strings.Builder
		cmd.Stderr = &said
		text, err := cmd.Output()
		t.Logf("%q, %s", text, said.String())
		return string(text), err
	}
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); out != "two\n" || err == nil {
		t.Errorf("of a broken store: %q, %v", out, err)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one\ntwo\n", ""} {
		if out, err := run(); out != want || err != nil {
			t.Errorf("%q, want %q, %v", out, want, err)
		}
	}
}

// The helper ends with mlcat, also while a store does not answer.
func TestHelperEnds(t *testing.T) {
	dir, env := withHelper(t, "#!/bin/sh\necho mlcat-helper 1\necho $$ >${0%/*}/pid\nexec sleep 1000\n")
	cmd := exec.Command(logger.Binary(t, "mlcat"), "bad://b/h/l")
	cmd.Env = env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	logger.Until(t, "the helper's start", func() bool {
		text, _ := os.ReadFile(dir + "/pid")
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid > 0
	})
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	defer func() {
		if t.Failed() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	logger.Until(t, "the helper's end", func() bool {
		words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return err != nil || len(words) == 0 // of a zombie there are none
	})
}
