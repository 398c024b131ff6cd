package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"multilog/fleet/layout"
	"multilog/fleet/ship"
)

// This file runs what docs/FLEET.md tells operators to type. It changes paths, names of
// buckets, and addresses only.

// commands returns the indented block of docs/FLEET.md after the line that begins with
// after, in lines.
func commands(t *testing.T, after string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/FLEET.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+after)
	if !found {
		t.Fatalf("docs/FLEET.md: no line begins with %q", after)
	}
	block := regexp.MustCompile(`(?m)(^    .*\n)+`).FindString(rest)
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(block, "\n    ", "\n")), "\n")
}

// needs skips a test if a program is not installed. In CI it must be.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed: run scripts/peers", name)
			}
			t.Skipf("%s is not installed: run scripts/peers", name)
		}
	}
}

// shell runs a command as people type it, in dir, and returns its output. It must
// succeed.
func shell(t *testing.T, dir, path, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-ec", command)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", command, err, out, stderr.Bytes())
	}
	return string(out) + stderr.String()
}

// TestSetUp sets a host up as the document says, under a real svscan.
func TestSetUp(t *testing.T) {
	needs(t, "svscan", "svc", "envdir")
	s := startServer(t)
	mlship, multilog := build(t)
	mlcat := buildReader(t)
	path := filepath.Dir(mlship) + ":" + filepath.Dir(mlcat)
	base := t.TempDir()
	service := base + "/service"
	main := service + "/qmail-send/log/main"
	logSome(t, multilog, main)
	if err := os.WriteFile(service+"/qmail-send/down", nil, 0o644); err != nil { // svscan must not start it
		t.Fatal(err)
	}
	supervisor := exec.Command("svscan", service)
	supervisor.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"} {
		supervisor.Env = append(supervisor.Env, name+"=wrong") // what ./env has counts
	}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = supervisor.Process.Kill()
		_ = supervisor.Wait()
		for _, dir := range []string{base + "/mlship", service + "/qmail-send", service + "/qmail-send/log"} {
			_ = exec.Command("svc", "-dx", dir).Run()
			until(t, dir+" has ended", func() bool { return exec.Command("svok", dir).Run() != nil })
		}
	})

	set := commands(t, "## Set-up")
	if len(set) != 5 {
		t.Fatalf("the set-up has %d commands: %q", len(set), set)
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("/usr/local/share/doc/multilog/examples", examples, "/etc/mlship", base+"/mlship", "/service", service,
		"KEY >", os.Getenv("AWS_ACCESS_KEY_ID")+" >", "SECRET >", os.Getenv("AWS_SECRET_ACCESS_KEY")+" >", "https://store.example.org", os.Getenv("AWS_ENDPOINT_URL"),
		"s3://logs", "s3://"+bucket)
	var last string
	for i, command := range set {
		if i == 3 { // the service reads its script
			script, err := os.ReadFile(base + "/mlship/run")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(base+"/mlship/run", []byte(here.Replace(string(script))), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		last = shell(t, base, path, here.Replace(command))
		switch i {
		case 2:
			if !strings.Contains(last, "qmail-send: 0 files with 0 lines in the store, 0 of them here and the same, 7 not sent yet") {
				t.Errorf("the first look prints %s", last)
			}
		case 3:
			host, err := os.Hostname()
			if err != nil {
				t.Fatal(err)
			}
			log := layout.Log{Prefix: "mail", Host: host, Name: "qmail-send"}
			until(t, "all is in the store", func() bool {
				view, err := layout.Look(context.Background(), s.client(), log, "")
				return err == nil && view.Has(newest(t, main)) && len(view.Live) > 0
			})
		}
	}
	if strings.Count(last, "a line of some length") != 5 {
		t.Errorf("the last command prints %s", last)
	}
}

// TestVictoriaLogs copies a log from the store into a VictoriaLogs, twice: the second
// time goes on where the first one ended. It must have every line once.
func TestVictoriaLogs(t *testing.T) {
	needs(t, "curl")
	bin, err := filepath.Abs("../../bin/peers/victoria-logs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("victoria-logs is not installed: run scripts/fleet-peers")
		}
		t.Skip("victoria-logs is not installed: run scripts/fleet-peers")
	}
	startServer(t)
	mlship, multilog := build(t)
	mlcat := buildReader(t)
	base := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	victoria := exec.Command(bin, "-storageDataPath="+base+"/data", "-httpListenAddr="+address, "-retentionPeriod=1y")
	if err := victoria.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = victoria.Process.Kill()
		_ = victoria.Wait()
	})
	until(t, "VictoriaLogs answers", func() bool {
		answer, err := http.Get("http://" + address + "/health")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	recipe := strings.NewReplacer("127.0.0.1:9428", address, "s3://logs/mail/", "s3://"+bucket+"/logs/").Replace(strings.Join(commands(t, "## VictoriaLogs"), "\n"))
	for round := 1; round <= 2; round++ {
		for _, log := range []string{"qmail-send", "qmail-smtpd"} {
			logSome(t, multilog, base+"/"+log+"/log/main")
		}
		sendAll(t, mlship, base)
		if out := shell(t, base, filepath.Dir(mlcat), recipe); out != "" {
			t.Errorf("the recipe prints %s", out)
		}
		want := map[string]int{"qmail-send": 200 * round, "qmail-smtpd": 200 * round}
		until(t, fmt.Sprintf("VictoriaLogs has the lines: %v", want), func() bool {
			return fmt.Sprint(victoriaCounts(t, address)) == fmt.Sprint(want)
		})
	}
}

// victoriaCounts asks how many lines there are of each log of host mx1.
func victoriaCounts(t *testing.T, address string) map[string]int {
	answer, err := http.PostForm("http://"+address+"/select/logsql/query", url.Values{"query": {"host:mx1 some length | stats by (log) count() n"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	counts := map[string]int{}
	for in := json.NewDecoder(answer.Body); in.More(); {
		var row struct{ Log, N string }
		if err := in.Decode(&row); err != nil {
			t.Fatal(err)
		}
		if counts[row.Log], err = strconv.Atoi(row.N); err != nil {
			t.Fatal(err)
		}
	}
	return counts
}

// sendAll sends the logs of the services below base, until nothing is left.
func sendAll(t *testing.T, mlship, base string) {
	t.Helper()
	dirs, err := filepath.Glob(base + "/*/log/main")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	args := append(append([]string{"--host=mx1"}, dirs...), "s3://"+bucket+"/logs")
	cmd := exec.Command(mlship, append([]string{"--every=100ms"}, args...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	until(t, "all is sent", func() bool {
		out, err := exec.Command(mlship, append([]string{"--check"}, args...)...).Output()
		if err != nil { // what it looks at may be deleted meanwhile
			return false
		}
		for _, dir := range dirs {
			current, err := os.Stat(dir + "/current")
			if err != nil {
				t.Fatal(err)
			}
			if log, _ := ship.LogName(dir); !regexp.MustCompile(fmt.Sprintf("(?m)^mx1/%s: .* 0 not sent yet; %d bytes of unfinished files$", log, current.Size())).Match(out) {
				return false
			}
		}
		return true
	})
	_ = cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestLifecycle looks at the lifecycle rules of the examples. versitygw has no
// lifecycle, so nobody obeys them here: they are held against what Amazon's SDK knows of
// such rules, and against keys that they must and must not match.
func TestLifecycle(t *testing.T) {
	text, err := os.ReadFile("../../examples/fleet/lifecycle.json")
	if err != nil {
		t.Fatal(err)
	}
	var rules types.BucketLifecycleConfiguration
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	startServer(t)
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutBucketLifecycleConfiguration(context.Background(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(bucket), LifecycleConfiguration: &rules})
	if err != nil && !strings.Contains(err.Error(), "NotImplemented") { // the SDK looks at the rules before it sends them
		t.Error(err)
	}
	days := func(key string) int32 {
		least := int32(0)
		for _, r := range rules.Rules {
			if d := aws.ToInt32(r.Expiration.Days); r.Status == types.ExpirationStatusEnabled &&
				strings.HasPrefix(key, aws.ToString(r.Filter.Prefix)) && (least == 0 || d < least) {
				least = d
			}
		}
		return least
	}
	log := layout.Log{Prefix: "mail", Host: "mx1", Name: "qmail-send"}
	label := "@400000006b49d20a06cb8080"
	id, _ := layout.IDOf([]byte(label + " a line\n"))
	file, piece, done, gap := days(log.File(label+".s.zst")), days(log.Piece(id, label, 0)), days(log.Done(id, label)), days(log.Gap(label))
	if file < 30 || gap != file || piece == 0 || piece >= file || done < piece {
		t.Errorf("days until things go: files %d, gap objects %d, pieces %d, what ends them %d", file, gap, piece, done)
	}
}

// TestAnotherStore copies a bucket to another store as the document says, while the
// logger goes on and mlship changes to the other store.
func TestAnotherStore(t *testing.T) {
	needs(t, "rclone")
	startServer(t)
	mlship, multilog := build(t)
	mlcat := buildReader(t)
	base := t.TempDir()
	logs := base + "/qmail-send/log/main"
	url := "s3://" + bucket + "/logs/mx1/qmail-send"
	oldURL := os.Getenv("AWS_ENDPOINT_URL")
	logSome(t, multilog, logs)
	sendAll(t, mlship, base)

	for _, path := range []string{"OLD", "NEW"} {
		for name, value := range map[string]string{"TYPE": "s3", "PROVIDER": "Other", "ENV_AUTH": "true", "REGION": "us-east-1"} {
			t.Setenv("RCLONE_CONFIG_"+path+"_"+name, value)
		}
	}
	t.Setenv("RCLONE_CONFIG", "/dev/null")
	t.Setenv("RCLONE_CONFIG_OLD_ENDPOINT", oldURL)
	startServer(t) // from here on mlship and mlcat use this one
	t.Setenv("RCLONE_CONFIG_NEW_ENDPOINT", os.Getenv("AWS_ENDPOINT_URL"))
	copies := strings.ReplaceAll(strings.Join(commands(t, "## To another store"), "\n"), ":logs", ":"+bucket)
	shell(t, base, "", copies)

	// What comes to the old store meanwhile is gone from the host before the change.
	t.Setenv("AWS_ENDPOINT_URL", oldURL)
	logSome(t, multilog, logs)
	sendAll(t, mlship, base)
	shell(t, base, "", copies)
	files, err := filepath.Glob(logs + "/@*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files[:len(files)-2] {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", os.Getenv("RCLONE_CONFIG_NEW_ENDPOINT"))
	logSome(t, multilog, logs)
	sendAll(t, mlship, base)
	if n := strings.Count(shell(t, base, filepath.Dir(mlcat), "mlcat -o cat "+url), "a line of some length"); n != 600 {
		t.Errorf("%d lines are in the new store, of 600", n)
	}
	if out, err := exec.Command(mlship, "--check", "--host=mx1", logs, "s3://"+bucket+"/logs").CombinedOutput(); err != nil || bytes.Contains(out, []byte("gap")) {
		t.Errorf("mlship --check: %v\n%s", err, out)
	}
}
