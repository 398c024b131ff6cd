package postfix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/ports"
)

// daemons is where Debian has Postfix's daemons.
const daemons = "/usr/lib/postfix/sbin"

// Limits of what is waited for.
const (
	upLimit   = 20 * time.Second
	stopLimit = 5 * time.Second
	poll      = 5 * time.Millisecond
)

// compatibility comes before settings where no other configuration does.
const compatibility = "compatibility_level = 3.6\n"

// settings has the directory of the server, and the address that takes its mails.
const settings = `queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = ` + daemons + `
shlib_directory = /usr/lib/postfix
maillog_file = /dev/stdout
enable_long_queue_ids = yes
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [%[2]s]:%[3]d
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
alias_database =
local_recipient_maps =
`

// masterConfig has the port on which mails come in.
const masterConfig = `127.0.0.1:%d inet n - n - - smtpd
pickup   unix n - n 60    1 pickup
cleanup  unix n - n -     0 cleanup
qmgr     unix n - n 300   1 qmgr
rewrite  unix - - n -     - trivial-rewrite
bounce   unix - - n -     0 bounce
defer    unix - - n -     0 bounce
trace    unix - - n -     0 bounce
flush    unix n - n 1000? 0 flush
proxymap unix - - n -     - proxymap
smtp     unix - - n -     - smtp
relay    unix - - n -     - smtp
error    unix - - n -     - error
retry    unix - - n -     - error
anvil    unix - - n -     1 anvil
scache   unix - - n -     1 scache
postlog  unix-dgram n - n - 1 postlogd
`

// A Server is a Postfix that runs, and the sink that takes its mails.
type Server struct {
	dir          string
	in, out      int       // the ports on which Postfix and the sink take mails
	master, sink *exec.Cmd // nil if they were not started
	guard        *exec.Cmd // ends the two when this program is killed
	alive        *os.File  // the end of the guard's pipe that is closed then
	stop         context.CancelFunc
}

// Missing returns why Postfix can't be run here; empty if it can.
func Missing() string {
	if os.Geteuid() != 0 {
		return "Postfix needs root"
	}
	for _, path := range []string{daemons + "/master", "/usr/sbin/postfix", "/usr/sbin/smtp-source", "/usr/sbin/smtp-sink"} {
		if _, err := os.Stat(path); err != nil {
			return "Postfix is not installed: apt-get install postfix, and choose \"No configuration\"; scripts/peers does so where CI=true"
		}
	}
	return ""
}

// Start starts a Postfix in dir, which it makes, with its log on the pipe. Its user
// must be able to get there. The pipe may be closed afterwards.
func Start(ctx context.Context, dir string, log *os.File) (*Server, error) {
	s, err := Prepare(ctx, dir)
	if err != nil {
		return nil, err
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.master = session(ctx, daemons+"/master", "-c", s.Config(), "-s")
	s.master.Stdout, s.master.Stderr = log, log
	err = s.startSink(ctx)
	if err == nil {
		if err = s.master.Start(); err != nil {
			err = fmt.Errorf("postfix: %w", err)
		}
	}
	if err == nil {
		err = s.startGuard(s.PID(), s.sink.Process.Pid)
	}
	if err == nil {
		err = s.AwaitUp(ctx)
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Prepare makes dir with the configuration and the queue of a Postfix that the caller
// starts. Its user must be able to get there.
func Prepare(ctx context.Context, dir string) (*Server, error) {
	return prepare(ctx, dir, func(in, out int) (main, master string, err error) {
		return compatibility + fmt.Sprintf(settings, dir, "127.0.0.1", out), fmt.Sprintf(masterConfig, in), nil
	})
}

// prepare makes dir with the configuration that config returns. The server takes mails
// on the port in and sends them to the port out.
func prepare(ctx context.Context, dir string, config func(in, out int) (main, master string, err error)) (*Server, error) {
	if err := reachable(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, stop: func() {}}
	for _, port := range []*int{&s.in, &s.out} {
		var err error
		if *port, err = ports.Free(); err != nil {
			return nil, err
		}
	}
	main, master, err := config(s.in, s.out)
	if err != nil {
		return nil, err
	}
	if err := configure(dir, main, master); err != nil {
		return nil, err
	}
	if text, err := exec.CommandContext(ctx, "/usr/sbin/postfix", "-c", s.Config(), "check").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("postfix check: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return s, nil
}

// Config returns the directory of the configuration, which Postfix's commands take
// from the variable MAIL_CONFIG.
func (s *Server) Config() string { return filepath.Join(s.dir, "config") }

// StartSink starts only the smtp-sink, for a Postfix that the caller starts.
func (s *Server) StartSink(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(ctx)
	if err := s.startSink(ctx); err != nil {
		return err
	}
	return s.startGuard(s.sink.Process.Pid)
}

func (s *Server) startSink(ctx context.Context) error {
	s.sink = session(ctx, "/usr/sbin/smtp-sink", "-u", "nobody", fmt.Sprintf("127.0.0.1:%d", s.out), "256")
	if err := s.sink.Start(); err != nil {
		return fmt.Errorf("smtp-sink: %w", err)
	}
	return nil
}

// AwaitUp waits until Postfix and the sink listen, for 20 seconds at most.
func (s *Server) AwaitUp(ctx context.Context) error {
	for _, port := range []int{s.in, s.out} {
		if err := ports.Await(ctx, port, upLimit); err != nil {
			return fmt.Errorf("postfix does not come up: %w", err)
		}
	}
	return nil
}

// startGuard starts a shell that kills sessions, Postfix's and the sink's, when this
// program ends without having stopped them. The parent-death signal does not: the kernel
// clears it when a process changes its user, which both do.
func (s *Server) startGuard(sessions ...int) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	args := []string{"-c", `read -r _; kill -9 "$@"`, "guard"}
	for _, id := range sessions {
		args = append(args, strconv.Itoa(-id))
	}
	s.guard = exec.Command("/bin/sh", args...)
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	s.guard.Stdin = r
	if err := s.guard.Start(); err != nil {
		w.Close()
		return fmt.Errorf("guard: %w", err)
	}
	s.alive = w
	return nil
}

// session returns a command that leads a session, which is killed with the context.
func session(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// configure makes the directories, and the configuration from the texts of main.cf and
// master.cf.
func configure(dir, main, master string) error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, "queue"), filepath.Join(dir, "data"), filepath.Join(dir, "config")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chown(filepath.Join(dir, "data"), uid, -1); err != nil {
		return err
	}
	for name, text := range map[string]string{"main.cf": main, "master.cf": master} {
		if err := os.WriteFile(filepath.Join(dir, "config", name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// reachable fails if the user of Postfix can't get to a directory.
func reachable(dir string) error {
	for ; dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode()&0o001 == 0 {
			return fmt.Errorf("the user of Postfix may not enter %s: it needs its x bit for others (chmod o+x, or choose another directory with --dir)", dir)
		}
	}
	return nil
}

// Send sends so many mails of some bytes over as many connections at a time as
// sessions says, and returns how long it took until all of them were delivered and
// the queue was empty.
func (s *Server) Send(ctx context.Context, mails, bytes, sessions int) (time.Duration, error) {
	start := time.Now()
	source := session(ctx, "/usr/sbin/smtp-source", "-m", strconv.Itoa(mails), "-s", strconv.Itoa(sessions), "-l", strconv.Itoa(bytes),
		"-f", "alice@example.com", "-t", "bob@example.net", fmt.Sprintf("127.0.0.1:%d", s.in))
	if text, err := source.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("smtp-source: %w: %s", err, strings.TrimSpace(string(text)))
	}
	for {
		n, err := s.queued()
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return time.Since(start), nil
		}
		if err := pause(ctx, poll); err != nil {
			return 0, fmt.Errorf("%d mails are still in the queue: %w", n, err)
		}
	}
}

// queued returns how many mails are in the queue. A deferred mail is an error: the
// sink refuses none.
func (s *Server) queued() (n int, err error) {
	for _, name := range []string{"maildrop", "incoming", "active"} {
		files, err := os.ReadDir(filepath.Join(s.dir, "queue", name))
		if err != nil {
			return 0, err
		}
		n += len(files)
	}
	deferred, err := filepath.Glob(filepath.Join(s.dir, "queue/deferred/*/*"))
	if err == nil && len(deferred) > 0 {
		err = fmt.Errorf("%d mails were deferred", len(deferred))
	}
	return n, err
}

// PID returns the process id of master, which is also that of its session.
func (s *Server) PID() int { return s.master.Process.Pid }

// Stop ends Postfix and the sink, and waits until none of their processes is left,
// for 5 seconds at most before it kills them. It may be called twice.
func (s *Server) Stop() {
	for _, cmd := range []*exec.Cmd{s.master, s.sink} {
		if cmd == nil || cmd.Process == nil || cmd.ProcessState != nil {
			continue
		}
		group := -cmd.Process.Pid
		_ = syscall.Kill(group, syscall.SIGTERM)
		for deadline := time.Now().Add(stopLimit); time.Now().Before(deadline) && !ended(cmd.Process.Pid); {
			time.Sleep(poll)
		}
		_ = syscall.Kill(group, syscall.SIGKILL)
		_ = cmd.Wait()
		for deadline := time.Now().Add(stopLimit); time.Now().Before(deadline) && !errors.Is(syscall.Kill(group, 0), syscall.ESRCH); {
			time.Sleep(poll)
		}
	}
	s.stop()
	if s.alive != nil { // only now: the guard must not outlive its process ids
		_ = s.guard.Process.Kill()
		_ = s.guard.Wait()
		s.alive.Close()
		s.alive = nil
	}
}

// ended reports whether a child has ended; it must be waited for afterwards.
func ended(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
	return err != nil || info.Signo != 0
}

// pause sleeps unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
