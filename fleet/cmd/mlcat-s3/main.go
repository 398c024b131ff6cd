// Command mlcat-s3 is the helper by which mlcat reads logs in an object store. Package
// farlog describes how the two talk.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"multilog/fleet/reader"
	"multilog/fleet/store"
	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/farlog"
	"multilog/internal/signals"
)

// command is the command line: there are no options but those of all commands.
var command = cmdline.Command{
	Name: "mlcat-s3",
	About: `
mlcat starts mlcat-s3 to read logs whose names begin with s3://. It is not for
people: it reads requests from standard input and answers to standard output.
`,
	Notes: `
Credentials and region are those of the AWS tools: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_REGION, ~/.aws, or the machine's role.
AWS_ENDPOINT_URL names another store than Amazon's.

Exit status: 0 at the end of its input; 2 if the command line is wrong; 111
after an error.
`,
}

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	rest, answer, err := command.Parse(args)
	if err == nil && len(rest) > 0 {
		err = cmdline.Wrong(errors.New("mlcat-s3 takes no arguments: use mlcat s3://BUCKET/PREFIX/HOST/LOG"))
	}
	switch {
	case err != nil:
		console.Say("mlcat-s3", console.Fatal, err.Error())
		return cmdline.Status(err)
	case answer != "":
		return command.Print(os.Stdout, os.Stderr, answer)
	}
	h := &handler{buckets: make(map[string]store.Store), logs: make(map[string]*reader.Log)}
	if err := farlog.Serve(os.Stdin, os.Stdout, h); err != nil {
		console.Say("mlcat-s3", console.Fatal, err.Error())
		return cmdline.ExitFailed
	}
	return 0
}

// handler answers mlcat's requests.
type handler struct {
	mu      sync.Mutex
	buckets map[string]store.Store
	logs    map[string]*reader.Log // by URL
}

// bucket returns the bucket of a URL, its name, and the parts of the path in it.
func (h *handler) bucket(url string) (s store.Store, name string, parts []string, err error) {
	if name, parts, err = reader.Split(url); err != nil {
		return nil, "", nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.buckets[name] == nil {
		s3, err := store.NewS3(context.Background(), name)
		if err != nil {
			return nil, "", nil, err
		}
		h.buckets[name] = reader.Retry(s3)
	}
	return h.buckets[name], name, parts, nil
}

// log returns the log with a URL that has no patterns.
func (h *handler) log(url string) (*reader.Log, error) {
	s, _, parts, err := h.bucket(url)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.logs[url] == nil {
		h.logs[url] = reader.New(s, reader.Named(parts))
	}
	return h.logs[url], nil
}

// Logs is farlog.Handler's.
func (h *handler) Logs(url string) ([]farlog.Log, error) {
	s, bucket, parts, err := h.bucket(url)
	if err != nil {
		return nil, err
	}
	found, err := reader.Find(context.Background(), s, parts)
	if err != nil {
		return nil, advise(err)
	}
	if len(found) == 0 {
		return nil, farlog.Missing("unable to find a log with " + url + ": no key matches it")
	}
	logs := make([]farlog.Log, len(found))
	for i, l := range found {
		logs[i] = farlog.Log{URL: reader.URL(bucket, l), Host: l.Host, Name: l.Name}
	}
	return logs, nil
}

// Look is farlog.Handler's.
func (h *handler) Look(url, after string) (farlog.View, error) {
	l, err := h.log(url)
	if err != nil {
		return farlog.View{}, err
	}
	v, err := l.Look(context.Background(), after)
	return v, advise(err)
}

// Read is farlog.Handler's.
func (h *handler) Read(url, id string, off int64, n int) ([]byte, error) {
	l, err := h.log(url)
	if err != nil {
		return nil, err
	}
	data, err := l.Read(context.Background(), id, off, n)
	return data, advise(err)
}

// advise adds to a store's error what mends it. What the store does not have does not
// exist.
func advise(err error) error {
	var failed *store.Error
	switch {
	case !errors.As(err, &failed):
		return err
	case failed.Kind == store.NotFound:
		return farlog.Missing(err.Error())
	case failed.Kind == store.Denied:
		return fmt.Errorf("%w; give these credentials s3:GetObject and s3:ListBucket on this prefix", err)
	}
	return fmt.Errorf("%w; %s", err, failed.Advice())
}
