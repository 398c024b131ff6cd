package fault

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"multilog/fleet/layout"
	"multilog/fleet/store"
)

// logSome has a logger write some files.
func logSome(t *testing.T, multilog, dir string) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	logger, input := startLogger(t, multilog, dir, "s4096 n50")
	if _, err := input.Write([]byte(strings.Repeat("a line of some length, so that there are some files\n", 200))); err != nil {
		t.Fatal(err)
	}
	input.Close()
	if err := logger.Wait(); err != nil {
		t.Fatal(err)
	}
}

// until waits until happened returns true.
func until(t *testing.T, what string, happened func() bool) {
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still not: " + what)
		}
	}
}

// newest returns the label of the newest finished file in a directory.
func newest(t *testing.T, dir string) string {
	names, err := filepath.Glob(filepath.Join(dir, "@*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	label, _ := layout.Label(names[len(names)-1])
	return label
}

// TestService runs the service directory of the examples, as a supervisor does: for
// daemontools as it is, and for runit and s6 with the change that docs/FLEET.md tells.
func TestService(t *testing.T) {
	s := startServer(t)
	mlship, multilog := build(t)
	base := t.TempDir()
	logs := filepath.Join(base, "qmail-send/log/main")
	logSome(t, multilog, logs)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../examples/fleet/mlship/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, with := range []string{"envdir", "chpst -e", "s6-envdir"} {
		t.Run(with, func(t *testing.T) {
			program, _, _ := strings.Cut(with, " ")
			needs(t, program)
			prefix := "mail-" + program
			text := strings.NewReplacer("envdir ", with+" ", "/service/", base+"/", "s3://logs/mail", "s3://"+bucket+"/"+prefix).Replace(string(script))
			service := t.TempDir()
			if err := os.Mkdir(service+"/env", 0o700); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"} {
				if err := os.WriteFile(service+"/env/"+name, []byte(os.Getenv(name)+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("sh", "-c", text)
			cmd.Dir = service
			cmd.Env = []string{"PATH=" + filepath.Dir(mlship) + ":" + os.Getenv("PATH")}
			cmd.Stdout = os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			log := layout.Log{Prefix: prefix, Host: host, Name: "qmail-send"}
			until(t, "the newest file is in the store", func() bool {
				view, err := layout.Look(context.Background(), s.client(), log, "")
				return err == nil && view.Has(newest(t, logs))
			})
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			figures, err := os.ReadFile(service + "/mlship.prom")
			if err != nil || !strings.Contains(string(figures), `log="qmail-send"`) {
				t.Errorf("figures: %q, %v", figures, err)
			}
		})
	}
}

// TestWriteOnly sends with the policy of the examples: what is needed is allowed,
// and nothing more.
func TestWriteOnly(t *testing.T) {
	s := startServer(t)
	s.need("versitygw")
	mlship, multilog := build(t)
	logs := filepath.Join(t.TempDir(), "main")
	logSome(t, multilog, logs)
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	add := exec.Command(s.bin, "admin", "--access", "tester", "--secret", "secret-of-the-tester", "--endpoint-url", endpoint,
		"create-user", "--access", "front-end", "--secret", "secret-of-front-end", "--role", "user")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	policy, err := os.ReadFile("../../examples/fleet/write-only.json")
	if err != nil {
		t.Fatal(err)
	}
	root := s.client()
	setPolicy(t, strings.ReplaceAll(string(policy), ":::logs", ":::"+bucket))

	t.Setenv("AWS_ACCESS_KEY_ID", "front-end")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret-of-front-end")
	sender := startSender(t, mlship, logs)
	until(t, "the newest file and a piece of current are in the store", func() bool {
		view, err := layout.Look(context.Background(), root, theLog, "")
		return err == nil && view.Has(newest(t, logs)) && len(view.Live) > 0
	})
	sender.kill()
	sender = startSender(t, mlship, logs) // it goes on without reading
	time.Sleep(time.Second)
	sender.end()
	view, err := layout.Look(context.Background(), root, theLog, "")
	if err != nil || len(view.Live) != 1 {
		t.Fatalf("%+v, %v", view, err)
	}
	there, err := layout.ReadLive(context.Background(), root, view.Live[0])
	here, readErr := os.ReadFile(logs + "/current")
	if err != nil || readErr != nil || string(there) != string(here) {
		t.Errorf("pieces hold %d bytes, current %d: %v, %v", len(there), len(here), err, readErr)
	}
	mine := s.client()
	if _, err := mine.Get(context.Background(), view.Files[0].Key, 0, -1); !store.Is(err, store.Denied) {
		t.Errorf("reading: %v", err)
	}
	if err := mine.Delete(context.Background(), view.Files[0].Key); !store.Is(err, store.Denied) {
		t.Errorf("deleting: %v", err)
	}
}

func setPolicy(t *testing.T, policy string) {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &policy}); err != nil {
		t.Fatal(err)
	}
}
