package remote

import (
	"strings"

	"multilog/internal/farlog"
)

// Helpers are the helpers that run. The zero value has none.
type Helpers struct{ running map[string]*farlog.Client }

// IsURL reports whether an argument names logs that a helper reads: SCHEME://...
func IsURL(arg string) bool {
	scheme, _, ok := strings.Cut(arg, "://")
	return ok && scheme != "" && strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// A Log is a log that a helper reads.
type Log struct {
	farlog.Log
	client *farlog.Client
}

// Find returns the logs that a URL with patterns names. It starts the helper.
func (h *Helpers) Find(url string) ([]Log, error) {
	scheme, _, _ := strings.Cut(url, "://")
	client := h.running[scheme]
	if client == nil {
		var err error
		if client, err = farlog.Start("mlcat-" + scheme); err != nil {
			return nil, err
		}
		if h.running == nil {
			h.running = make(map[string]*farlog.Client)
		}
		h.running[scheme] = client
	}
	found, err := client.Logs(url)
	logs := make([]Log, len(found))
	for i, l := range found {
		logs[i] = Log{l, client}
	}
	return logs, err
}

// Directory returns the directory of the log. It has only those old files whose label is
// after the label after, unless that is empty. What is known to be missing is reported
// to gap, and errors of looks after the first one to warn.
func (l Log) Directory(after string, gap func(farlog.Gap), warn func(error)) *Directory {
	return newDirectory(l.client, l.URL, after, gap, warn)
}
