package shipper

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const aLabel = "@400000006b49d20a06cb8080 "

// lines returns lines of a log with these numbers.
func lines(numbers ...int) string {
	var text strings.Builder
	for _, n := range numbers {
		text.WriteString(aLabel + string(Line(nil, n, []byte("text\n"))))
	}
	return text.String()
}

func TestNumbers(t *testing.T) {
	text := lines(0, 7, 12345678) + "00000003 without a label\n" + aLabel + "no number\n" + `{"body":{"stringValue":"` + strings.TrimSpace(lines(5)) + `"}},` + "\n"
	if got := Numbers([]byte(text)); !slices.Equal(got, []int{0, 7, 12345678, 5}) {
		t.Errorf("%v", got)
	}
}

func TestCount(t *testing.T) {
	for _, test := range []struct {
		name    string
		numbers []int
		want    Tally
	}{
		{"all", []int{0, 1, 2, 3}, Tally{}},
		{"none", nil, Tally{Lost: 4}},
		{"one is lost", []int{0, 1, 3}, Tally{Lost: 1}},
		{"two come twice", []int{0, 1, 0, 1, 2, 3}, Tally{Twice: 2}},
		{"two are late", []int{0, 3, 1, 2}, Tally{Disorder: 2}},
		{"nobody wrote it", []int{0, 1, 2, 3, 9}, Tally{Twice: 1}},
	} {
		if got := Count(test.numbers, 4); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// A tail reads each line once, when it has its newline.
func TestTail(t *testing.T) {
	file := &tail{path: filepath.Join(t.TempDir(), "taken")}
	look := func(want int) {
		t.Helper()
		if got, err := file.next(); got != want || err != nil {
			t.Errorf("%d, %v; want %d", got, err, want)
		}
	}
	look(-1)
	text := lines(0, 1, 4, 3)
	for i, want := range map[int]int{len(text) / 4: 0} {
		if err := os.WriteFile(file.path, []byte(text[:i]), 0o600); err != nil {
			t.Fatal(err)
		}
		look(want)
	}
	if err := os.WriteFile(file.path, []byte(text[:len(text)-3]), 0o600); err != nil {
		t.Fatal(err)
	}
	look(4)
	if got, err := numbersInFile(file.path); err != nil || !slices.Equal(got, []int{0, 1, 4, 3}) {
		t.Errorf("%v, %v", got, err)
	}
}

// A link carries both directions, counts them, and can be cut and mended.
func TestLink(t *testing.T) {
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	link, err := NewLink(server.Addr().(*net.TCPAddr).Port)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	echo := func() (string, error) {
		c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", link.Port()))
		if err != nil {
			return "", err
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return "", err
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			return "", err
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			return "", err
		}
		text, err := io.ReadAll(c)
		return string(text), err
	}
	if text, err := echo(); text != "hello" || err != nil || link.Bytes() != 10 {
		t.Errorf("%q, %v, %d bytes", text, err, link.Bytes())
	}
	open, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", link.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := open.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	link.Cut()
	if _, err := open.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlives the cut")
	}
	if text, _ := echo(); text != "" {
		t.Errorf("a cut link carries %q", text)
	}
	link.Mend()
	if text, err := echo(); text != "hello" || err != nil {
		t.Errorf("a mended link carries %q, %v", text, err)
	}
}

// Each shipper that is missing says how to get it.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, k := range Kinds() {
		if k.install == "" || len(k.needs) == 0 {
			t.Errorf("%s does not say what it needs", k.Name)
		}
		k.needs = []string{"/nowhere/*/omsomething.so"}
		if why := k.Missing(); !strings.Contains(why, "omsomething.so is not installed: "+k.install) {
			t.Errorf("%s: %q", k.Name, why)
		}
	}
}
