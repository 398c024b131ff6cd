package shipper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"multilog/bench/internal/feed"
)

// mlship returns this project's shipper, into versitygw.
func mlship(files bool) Kind {
	name, every := "mlship", "--every=2s"
	if files {
		name, every = "mlship, files", "--every=0"
	}
	return Kind{Name: name, Files: files, needs: []string{"versitygw"}, install: "scripts/fleet-peers versitygw", Words: []string{"z"},
		setUp: func(s setUp) (*Rig, error) {
			store := filepath.Join(s.dir, "store")
			for _, dir := range []string{filepath.Join(store, "logs"), filepath.Join(s.dir, "iam")} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return nil, err
				}
			}
			server, err := newProcess(s.dir, nil, s.path("versitygw"), "--access", "bench", "--secret", "secret-of-bench", "--region", "us-east-1",
				"--port", fmt.Sprintf("127.0.0.1:%d", s.port), "--quiet", "--iam-dir", filepath.Join(s.dir, "iam"), "posix", store)
			if err != nil {
				return nil, err
			}
			shipper, err := newProcess(s.dir, environment(s, s.link.Port()), filepath.Join(s.bin, "mlship"), "--host=mx1", every, s.log+"=log", "s3://logs/mail")
			if err != nil {
				return nil, err
			}
			objects := &objects{dir: filepath.Join(store, "logs/mail/mx1/log"), seen: map[string]bool{}, newest: -1}
			all := func(ctx context.Context) ([]int, error) {
				cmd := feed.Command(ctx, filepath.Join(s.bin, "mlcat"), "-q", "-o", "tai64n", "s3://logs/mail/mx1/log")
				cmd.Env = append(os.Environ(), environment(s, s.port)...) // not through the link, which counts bytes
				out, err := cmd.Output()
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					return nil, fmt.Errorf("mlcat: %w: %s", err, strings.TrimSpace(string(exit.Stderr)))
				}
				return Numbers(out), err
			}
			return &Rig{Shipper: shipper, Server: server, newest: objects.look, all: all}, nil
		}}
}

// environment returns what mlship and mlcat need to use the store at a port.
func environment(s setUp, port int) []string {
	return []string{"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=secret-of-bench", "AWS_REGION=us-east-1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_CA_BUNDLE=", "HTTP_PROXY=", "http_proxy=",
		fmt.Sprintf("AWS_ENDPOINT_URL=http://127.0.0.1:%d", port), "PATH=" + s.bin + ":" + os.Getenv("PATH")}
}

// objects looks at the files in which versitygw keeps a log's objects.
type objects struct {
	dir    string
	seen   map[string]bool
	newest int
}

func (o *objects) look(context.Context) (int, error) {
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not there yet, or deleted meanwhile
		}
		if err != nil || d.IsDir() || o.seen[path] || !strings.Contains(d.Name(), "@") {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && strings.HasSuffix(path, ".zst") {
			var in *zstd.Decoder
			if in, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1)); err == nil {
				text, err = in.DecodeAll(text, nil)
				in.Close()
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		o.seen[path] = true
		for _, n := range Numbers(text) {
			o.newest = max(o.newest, n)
		}
		return nil
	})
	return o.newest, err
}
