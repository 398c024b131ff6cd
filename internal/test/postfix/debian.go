package postfix

import (
	"context"
	"fmt"
	"os"
	"regexp"
)

// Debian's own configuration. Its package copies the two files to /etc/postfix.
const (
	debianMain   = "/usr/share/postfix/main.cf.debian"
	debianMaster = "/usr/share/postfix/master.cf.dist"
)

// smtpService matches the start of the line that has smtpd listen.
var smtpService = regexp.MustCompile(`(?m)^smtp(\s+inet\s)`)

// PrepareDebian does what Prepare does, with Debian's own configuration. There the
// services run in a chroot, which is the queue's directory. They find the sink by its
// name in /etc/hosts: mails are deferred as long as the chroot has no copy of it.
func PrepareDebian(ctx context.Context, dir string) (*Server, error) {
	return prepare(ctx, dir, func(in, out int) (main, master string, err error) {
		mainText, err := os.ReadFile(debianMain)
		if err != nil {
			return "", "", err
		}
		masterText, err := os.ReadFile(debianMaster)
		if err != nil {
			return "", "", err
		}
		if n := len(smtpService.FindAll(masterText, -1)); n != 1 {
			return "", "", fmt.Errorf("%s: %d lines have the service smtp, want 1", debianMaster, n)
		}
		master = smtpService.ReplaceAllString(string(masterText), fmt.Sprintf("127.0.0.1:%d${1}", in))
		return string(mainText) + fmt.Sprintf(settings, dir, "localhost", out) + "smtp_host_lookup = native\n", master, nil
	})
}
