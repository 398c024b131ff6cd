package shipper

import (
	"context"
	"fmt"
	"path/filepath"

	"multilog/internal/test/ports"
)

// A Kind is a shipper with its server.
type Kind struct {
	Name    string
	Peer    bool     // not of this project
	Files   bool     // it sends finished files only
	needs   []string // programs, or files
	install string   // how to get what is missing
	// Words are those with which this shipper's logger is at its best.
	Words []string
	setUp func(s setUp) (*Rig, error)
}

// A setUp is what a rig is made of.
type setUp struct {
	dir  string // for all files of the rig
	log  string // the log directory
	bin  string // where this project's commands are
	path func(name string) string
	link *Link
	port int // on which the server must listen
}

// A Rig is a shipper and its server.
type Rig struct {
	Shipper, Server *Process
	Link            *Link
	port            int
	// newest returns the highest number of a line that can be read from the server, -1
	// for none, and all the numbers of all lines there, in order.
	newest func(context.Context) (int, error)
	all    func(context.Context) ([]int, error)
}

// Kinds returns all shippers.
func Kinds() []Kind {
	return []Kind{
		mlship(false), mlship(true), rsyslog(), otelcol(), vlagent(),
	}
}

// Missing returns why a shipper can't run here; empty if it can.
func (k Kind) Missing() string {
	for _, name := range k.needs {
		if _, err := find(name); err != nil {
			return fmt.Sprintf("%s is not installed: %s", filepath.Base(name), k.install)
		}
	}
	return ""
}

// Start starts the server and then the shipper, which sends the log directory log. dir
// is an empty directory for what they write; bin has this project's commands.
func (k Kind) Start(ctx context.Context, dir, log, bin string) (_ *Rig, err error) {
	s := setUp{dir: dir, log: log, bin: bin, path: func(name string) string {
		path, findErr := find(name)
		if findErr != nil && err == nil {
			err = fmt.Errorf("%s: %w", name, findErr)
		}
		return path
	}}
	if s.port, err = ports.Free(); err != nil {
		return nil, err
	}
	if s.link, err = NewLink(s.port); err != nil {
		return nil, err
	}
	r, setUpErr := k.setUp(s)
	if setUpErr != nil || err != nil {
		s.link.Close()
		if setUpErr != nil {
			err = setUpErr
		}
		return nil, err
	}
	r.Link, r.port = s.link, s.port
	if err := r.StartServer(ctx); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.Shipper.Start(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// StartServer starts the server and waits until it listens.
func (r *Rig) StartServer(ctx context.Context) error {
	if err := r.Server.Start(ctx); err != nil {
		return err
	}
	return r.Server.awaitPort(ctx, r.port)
}

// Newest returns the highest number of a line that can be read from the server; -1 for
// none.
func (r *Rig) Newest(ctx context.Context) (int, error) { return r.newest(ctx) }

// All returns the numbers of all lines that the server has, in its order.
func (r *Rig) All(ctx context.Context) ([]int, error) { return r.all(ctx) }

// Close ends all. The shipper ends first, and in its own way.
func (r *Rig) Close() {
	r.Shipper.Stop()
	r.Server.Kill()
	r.Link.Close()
	for _, p := range []*Process{r.Shipper, r.Server} {
		p.said.Close()
	}
}
