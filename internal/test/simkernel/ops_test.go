package simkernel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/ioring"
)

// twoDirs is a simulated and a real directory to which the same operations are applied.
type twoDirs struct {
	t     *testing.T
	k     *Kernel
	dir   [2]int   // descriptors, of the simulated and the real directory
	files [][2]int // of the files that are open
}

// do applies an operation to both directories. use sets what differs between them. It
// returns both results and fails the test if they differ in error.
func (d *twoDirs) do(op ioring.Op, use func(op *ioring.Op, which int)) (ops [2]ioring.Op) {
	for which := range ops {
		ops[which] = op
		ops[which].Dir = d.dir[which]
		if use != nil {
			use(&ops[which], which)
		}
		if which == 0 {
			d.k.Do(&ops[0])
		} else {
			ioring.Do(&ops[1])
		}
	}
	if ops[0].Err != ops[1].Err {
		d.t.Fatalf("%v %q %q: %v, but on Linux %v", op.Code, op.Path, op.NewPath, ops[0].Err, ops[1].Err)
	}
	return ops
}

// compare fails the test unless names, and what stat returns of each, are the same.
func (d *twoDirs) compare() {
	lists := d.do(ioring.Op{Code: ioring.ReadDir}, func(op *ioring.Op, which int) { op.FD = d.dir[which] })
	slices.Sort(lists[0].Names)
	slices.Sort(lists[1].Names)
	if !slices.Equal(lists[0].Names, lists[1].Names) {
		d.t.Fatalf("names %q, but on Linux %q", lists[0].Names, lists[1].Names)
	}
	inodes := map[uint64]uint64{}
	for _, name := range lists[0].Names {
		ops := d.do(ioring.Op{Code: ioring.Stat, Path: name}, nil)
		sim, real := ops[0].Stat, ops[1].Stat
		if sim.Size != real.Size || sim.Nlink != real.Nlink || sim.Mode != real.Mode {
			d.t.Fatalf("%s: %+v, but on Linux %+v", name, sim, real)
		}
		if other, ok := inodes[sim.Ino]; ok && other != real.Ino {
			d.t.Fatalf("%s is one file with another name, but not on Linux", name)
		}
		inodes[sim.Ino] = real.Ino
	}
}

// step applies a random operation.
func (d *twoDirs) step(r *rand.Rand) {
	name := func() string { return string(rune('a' + r.IntN(4))) }
	if len(d.files) > 0 && r.IntN(2) == 0 {
		i := r.IntN(len(d.files))
		file := func(op *ioring.Op, which int) { op.FD = d.files[i][which] }
		switch r.IntN(5) {
		case 0, 1:
			text := make([]byte, r.IntN(100))
			n, err := d.k.Writev(d.files[i][0], [][]byte{text})
			if m, realErr := unix.Write(d.files[i][1], text); n != m || err != realErr {
				d.t.Fatalf("write of %d bytes: %d, %v, but on Linux %d, %v", len(text), n, err, m, realErr)
			}
		case 2:
			size := d.do(ioring.Op{Code: ioring.Stat}, file)[0].Stat.Size
			d.do(ioring.Op{Code: ioring.Ftruncate, Len: r.Int64N(size + 1)}, file)
		case 3:
			d.do(ioring.Op{Code: ioring.Fchmod, Mode: []uint32{0o644, 0o744}[r.IntN(2)]}, file)
		case 4:
			d.do(ioring.Op{Code: ioring.Close}, file)
			d.files = slices.Delete(d.files, i, i+1)
		}
		return
	}
	switch r.IntN(4) {
	case 0:
		flags := []int{0, unix.O_CREAT, unix.O_CREAT | unix.O_TRUNC, unix.O_CREAT | unix.O_EXCL, unix.O_DIRECTORY}[r.IntN(5)]
		ops := d.do(ioring.Op{Code: ioring.OpenAt, Path: name(), Flags: unix.O_RDWR | unix.O_APPEND | unix.O_CLOEXEC | flags, Mode: 0o600}, nil)
		if ops[0].Err == nil {
			d.files = append(d.files, [2]int{int(ops[0].Res), int(ops[1].Res)})
		}
	case 1:
		d.do(ioring.Op{Code: ioring.RenameAt, Path: name(), NewPath: name()}, nil)
	case 2:
		d.do(ioring.Op{Code: ioring.LinkAt, Path: name(), NewPath: name()}, nil)
	case 3:
		d.do(ioring.Op{Code: ioring.UnlinkAt, Path: name()}, nil)
	}
}

// The simulated file system does what this kernel's does, up to a power cut.
func TestOperationsAreLinux(t *testing.T) {
	for round := range uint64(100) {
		r := rand.New(rand.NewPCG(round, 2))
		w := NewWorld(r)
		w.MakeDir("./main")
		d := &twoDirs{t: t, k: w.Start(Plan{})}
		open := ioring.Op{Code: ioring.OpenAt, Dir: atCwd, Path: "./main", Flags: unix.O_RDONLY | unix.O_DIRECTORY}
		d.k.Do(&open)
		real, err := os.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		d.dir = [2]int{int(open.Res), int(real.Fd())}
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			d.t = t
			for range 60 {
				d.step(r)
				d.compare()
			}
		})
		for _, f := range d.files {
			_ = unix.Close(f[1])
		}
		_ = real.Close()
	}
}
