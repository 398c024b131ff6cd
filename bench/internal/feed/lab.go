package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// inputsKept bounds the memory that inputs take.
const inputsKept = 2

// A Lab is the directory in which one invocation of the program works, and the
// inputs that its runs share.
type Lab struct {
	dir    string
	inputs []*Input
	runs   int
}

// NewLab makes a directory below parent, which [Lab.Close] removes.
func NewLab(parent string) (*Lab, error) {
	dir, err := os.MkdirTemp(parent, "multilog-bench-")
	return &Lab{dir: dir}, err
}

// Dir returns the directory of the lab.
func (l *Lab) Dir() string { return l.dir }

// Input returns the input with a name and size in bytes. If it was freed or never made,
// line makes it: see [NewInput].
func (l *Lab) Input(name string, size int, line func(buf []byte, number int) []byte) (*Input, error) {
	for _, in := range l.inputs {
		if in.name == name && cap(in.Data) == size {
			return in, nil
		}
	}
	if len(l.inputs) >= inputsKept {
		l.inputs[0].Close()
		l.inputs = slices.Delete(l.inputs, 0, 1)
	}
	in, err := NewInput(name, size, line)
	if err != nil {
		return nil, err
	}
	l.inputs = append(l.inputs, in)
	return in, nil
}

// RunDir makes an empty directory for one run below root, or below the lab's directory
// if root is empty. remove removes it with its parent, in which the run may keep other
// files. When RunDir returns, everything that earlier runs have written is on disk, so
// that no contender waits for the pages of another one.
func (l *Lab) RunDir(root string) (dir string, remove func(), err error) {
	if root == "" {
		root = l.dir
	}
	l.runs++
	top := filepath.Join(root, fmt.Sprintf("run%d", l.runs))
	dir = filepath.Join(top, "logs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	settle(root)
	return dir, func() { os.RemoveAll(top) }, nil
}

// settle writes out all dirty pages of the file system that dir is on.
func settle(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	_ = unix.Syncfs(int(f.Fd())) // a disk that cannot be written fails the run itself
}

// Close removes the directory and frees the inputs.
func (l *Lab) Close() {
	for _, in := range l.inputs {
		in.Close()
	}
	l.inputs = nil
	os.RemoveAll(l.dir)
}
