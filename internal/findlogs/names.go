package findlogs

import (
	"path/filepath"
	"slices"
	"strings"
)

// Service returns the name of the service whose log is dir: the last part of its path that
// is not "log" or "main". /service/smtpd/log/main and /var/log/smtpd are both smtpd.
func Service(dir string) string {
	parts := parts(dir)
	if len(parts) == 0 {
		return dir
	}
	return parts[len(parts)-1]
}

// parts returns the parts of a path up to the name of its service. Of a path that has no
// other parts, log and main stay.
func parts(dir string) []string {
	_, path, isURL := strings.Cut(dir, "://")
	if !isURL {
		path = filepath.Clean(dir)
	}
	all := slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" || part == "." })
	for n := len(all); n > 1 && !isURL && (all[n-1] == "main" || all[n-1] == "log"); n = len(all) {
		all = all[:n-1]
	}
	return all
}

// Names returns a short name for each directory, by which they can be told apart: that of its
// service, with as many of the directories above it as it takes. The name of a URL
// SCHEME://.../HOST/LOG begins with the host. Names of one directory that is there twice are
// the same.
func Names(dirs []string) []string {
	names := make([]string, len(dirs))
	taken := make([]int, len(dirs)) // parts of the path that the name has
	all := make([][]string, len(dirs))
	for i, dir := range dirs {
		all[i], taken[i] = parts(dir), 1
		if strings.Contains(dir, "://") {
			taken[i] = 2
		}
	}
	for {
		count := make(map[string]int)
		for i := range dirs {
			taken[i] = min(taken[i], len(all[i]))
			names[i] = strings.Join(all[i][len(all[i])-taken[i]:], "/")
			if names[i] == "" {
				names[i] = dirs[i]
			}
			count[names[i]]++
		}
		longer := false
		for i := range dirs {
			if count[names[i]] > 1 && taken[i] < len(all[i]) {
				taken[i]++
				longer = true
			}
		}
		if !longer {
			return names
		}
	}
}
