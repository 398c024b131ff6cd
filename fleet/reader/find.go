package reader

import (
	"context"
	"fmt"
	"path"
	"strings"

	"multilog/fleet/layout"
	"multilog/fleet/store"
)

// Split returns the bucket and the path of s3://BUCKET/PREFIX/HOST/LOG. PREFIX may be
// missing.
func Split(url string) (bucket string, parts []string, err error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	parts = strings.Split(strings.TrimRight(rest, "/"), "/")
	if !ok || len(parts) < 3 || parts[0] == "" {
		return "", nil, fmt.Errorf("unable to find a log with %s: wanted s3://BUCKET/PREFIX/HOST/LOG, in which *, ? and [...] are patterns", url)
	}
	for _, p := range parts {
		if p == "" {
			return "", nil, fmt.Errorf("unable to find a log with %s: there is nothing between two slashes", url)
		}
		if _, err := path.Match(p, ""); err != nil {
			return "", nil, fmt.Errorf("unable to find a log with %s: the pattern %s has no end", url, p)
		}
	}
	return parts[0], parts[1:], nil
}

// isPattern reports whether text has characters of patterns.
func isPattern(text string) bool { return strings.ContainsAny(text, `*?[\`) }

// Find returns the logs that match parts, which are PREFIX/HOST/LOG. It lists only keys
// that begin like the patterns. If there are no patterns, it does not check whether
// there is such a log.
func Find(ctx context.Context, s store.Store, parts []string) ([]layout.Log, error) {
	dirs := []string{""}
	for _, part := range parts {
		var next []string
		for _, dir := range dirs {
			if !isPattern(part) {
				next = append(next, dir+part+"/")
				continue
			}
			begin := part[:strings.IndexAny(part, `*?[\`)]
			for e, err := range s.List(ctx, dir+begin, "", true) {
				if err != nil {
					return nil, err
				}
				name := strings.TrimSuffix(strings.TrimPrefix(e.Key, dir), "/")
				if ok, _ := path.Match(part, name); ok && e.Prefix {
					next = append(next, e.Key)
				}
			}
		}
		dirs = next
	}
	logs := make([]layout.Log, len(dirs))
	for i, dir := range dirs {
		logs[i] = Named(strings.Split(strings.TrimSuffix(dir, "/"), "/"))
	}
	return logs, nil
}

// Named returns the log PREFIX/HOST/LOG, whose parts Split returned.
func Named(parts []string) layout.Log {
	n := len(parts)
	return layout.Log{Prefix: strings.Join(parts[:n-2], "/"), Host: parts[n-2], Name: parts[n-1]}
}

// URL returns the URL of a log.
func URL(bucket string, log layout.Log) string {
	return "s3://" + bucket + "/" + strings.TrimSuffix(log.Dir(), "/")
}
