package fault

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"multilog/fleet/store"
	"multilog/internal/test/ports"
)

const bucket = "fleet"

// storeFlag selects the store. Others than versitygw are not installed by scripts/fleet-peers.
var storeFlag = flag.String("store", "versitygw", "the store: versitygw or gofakes3, in bin/peers or PATH")

// server is a store on loopback, which may be killed.
type server struct {
	t    *testing.T
	bin  string
	iam  string // where it keeps users
	dir  string // what is in it, one directory per bucket
	port int
	cmd  *exec.Cmd
}

// startServer starts a store, and has this process and those that it starts use it.
func startServer(t *testing.T) *server {
	bin, err := filepath.Abs("../../bin/peers/" + *storeFlag)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		if bin, err = exec.LookPath(*storeFlag); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed: run scripts/fleet-peers", *storeFlag)
			}
			t.Skipf("%s is not installed: run scripts/fleet-peers", *storeFlag)
		}
	}
	s := &server{t: t, bin: bin, dir: t.TempDir(), iam: t.TempDir()}
	if err := os.Mkdir(filepath.Join(s.dir, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	s.port = freePort(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tester", "AWS_REGION": "us-east-1",
		"AWS_ENDPOINT_URL": fmt.Sprintf("http://127.0.0.1:%d", s.port),
		"AWS_CONFIG_FILE":  "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_CA_BUNDLE": "", "HTTP_PROXY": "", "http_proxy": "",
	} {
		t.Setenv(name, value)
	}
	s.start()
	t.Cleanup(s.kill)
	s.awaitAnswer()
	return s
}

// freePort returns a port on loopback that nobody listens on.
func freePort(t *testing.T) int {
	port, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (s *server) start() {
	address := fmt.Sprintf("127.0.0.1:%d", s.port)
	s.cmd = exec.Command(s.bin, map[string][]string{
		"versitygw": {"--access", "tester", "--secret", "secret-of-the-tester", "--region", "us-east-1",
			"--port", address, "--quiet", "--iam-dir", s.iam, "--access-log", s.requestsFile(), "posix", s.dir},
		"gofakes3": {"-backend", "bolt", "-bolt.db", s.dir + "/store", "-host", address, "-initialbucket", bucket, "-quiet"},
	}[*storeFlag]...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// need skips a test that is about a store of one kind.
func (s *server) need(kind string) {
	if *storeFlag != kind {
		s.t.Skip("it is about " + kind)
	}
}

// requestsFile is where the store writes a line for each request.
func (s *server) requestsFile() string { return filepath.Join(s.iam, "requests.log") }

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// awaitAnswer waits until the store answers.
func (s *server) awaitAnswer() {
	deadline := time.Now().Add(time.Minute)
	for {
		_, err := s.client().Head(context.Background(), "nothing")
		if store.Is(err, store.NotFound) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the store does not answer: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *server) client() store.Store {
	c, err := store.NewS3(context.Background(), bucket)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// build builds the commands that are tested, and returns where they are.
func build(t *testing.T) (mlship, multilog string) {
	dir := t.TempDir()
	for _, c := range []struct{ in, pkg string }{{"..", "./cmd/mlship"}, {"../..", "./cmd/multilog"}} {
		cmd := exec.Command("go", "build", "-C", c.in, "-o", dir+"/", c.pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	return filepath.Join(dir, "mlship"), filepath.Join(dir, "multilog")
}
