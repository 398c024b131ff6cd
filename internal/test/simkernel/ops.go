package simkernel

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"multilog/ioring"
)

// atCwd is AT_FDCWD.
const atCwd = -100

func base(name string) string { return strings.TrimPrefix(name, "./") }

func (k *Kernel) fd(n int) *open {
	if n < 0 || n >= len(k.fds) {
		return nil
	}
	return k.fds[n]
}

// dir returns the directory that is open as a descriptor.
func (k *Kernel) dir(fd int) *Dir {
	if fd == atCwd {
		return k.w.Root
	}
	if o := k.fd(fd); o != nil {
		return o.f.index
	}
	return nil
}

// usesFD reports whether op acts on its field FD.
func usesFD(op *ioring.Op) bool {
	switch op.Code {
	case ioring.Close, ioring.Fsync, ioring.Fdatasync, ioring.Fallocate, ioring.Ftruncate, ioring.Fchmod,
		ioring.ReadDir, ioring.Flock, ioring.GetLock, ioring.SetLock, ioring.Statfs, ioring.SyncRange, ioring.InPlace:
		return true
	case ioring.Stat:
		return op.Path == ""
	}
	return false
}

// do carries out op, or makes it fail, and adds a line to the trace.
func (k *Kernel) do(op *ioring.Op) {
	var text string
	if k.w.Trace != nil {
		text = k.describe(op)
	}
	op.Res, op.Err = 0, nil
	if usesFD(op) && k.fd(op.FD) == nil {
		k.w.Fail("%v of descriptor %d, which is closed", op.Code, op.FD)
	}
	if op.Err = k.fails(); op.Err == nil {
		op.Err = k.perform(op)
	} else {
		k.failed(op)
	}
	if k.w.Trace != nil {
		if op.Err != nil {
			text += fmt.Sprintf(": %v", op.Err)
		}
		k.w.tracef("%s", text)
	}
}

// failed applies the effects that an operation has although it fails.
func (k *Kernel) failed(op *ioring.Op) {
	switch op.Code {
	case ioring.Close:
		k.fds[op.FD] = nil // Linux closes it anyway
	case ioring.Fsync, ioring.Fdatasync:
		k.fd(op.FD).f.lose()
	}
}

func (k *Kernel) perform(op *ioring.Op) error {
	switch op.Code {
	case ioring.OpenAt:
		return k.openAt(op)
	case ioring.Close:
		k.fds[op.FD] = nil
	case ioring.Rewrite:
		f := k.dir(op.Dir).Lookup(op.Path)
		if f == nil {
			return syscall.ENOENT
		}
		f.rewrite()
		k.w.sync(f)
	case ioring.Fsync, ioring.Fdatasync:
		k.w.sync(k.fd(op.FD).f)
	case ioring.Ftruncate:
		f := k.fd(op.FD).f
		if op.Len > int64(len(f.Data)) {
			k.w.Fail("%s is made longer than its data: %d, %d", k.w.NameOf(f), op.Len, len(f.Data))
		}
		f.home.Logged += op.Len - int64(len(f.Data))
		if k.w.Watch != nil {
			k.w.Watch.TakingBack(f.home, f, int(op.Len))
		}
		k.w.truncate(f, op.Len)
	case ioring.Fchmod:
		k.fd(op.FD).f.Mode = op.Mode
	case ioring.RenameAt:
		return k.w.rename(k.dir(op.Dir), op.Path, op.NewPath)
	case ioring.LinkAt:
		d := k.dir(op.Dir)
		f := d.Lookup(op.Path)
		switch {
		case f == nil:
			return syscall.ENOENT
		case d.Lookup(op.NewPath) != nil:
			return syscall.EEXIST
		}
		k.w.link(d, op.NewPath, f)
	case ioring.UnlinkAt:
		return k.w.unlink(k.dir(op.Dir), op.Path)
	case ioring.MkdirAt:
		if k.dir(op.Dir).Lookup(base(op.Path)) != nil {
			return syscall.EEXIST
		}
		k.w.MakeDir(op.Path)
	case ioring.Stat:
		return k.stat(op)
	case ioring.ReadDir:
		op.Names = nil
		for _, e := range k.fd(op.FD).f.index.names {
			op.Names = append(op.Names, e.Name)
		}
	case ioring.Statfs:
		op.Free = k.w.free
	case ioring.FileLimit:
		op.Res = k.w.fileLimit
	case ioring.Nop, ioring.Flock, ioring.GetLock, ioring.SetLock, ioring.SyncRange, ioring.Fallocate, ioring.InPlace:
	default:
		return syscall.ENOSYS
	}
	return nil
}

func (k *Kernel) openAt(op *ioring.Op) error {
	d, name := k.dir(op.Dir), op.Path
	if op.Dir == atCwd {
		name = base(name)
	}
	f := d.Lookup(name)
	switch {
	case f == nil && op.Flags&syscall.O_CREAT == 0:
		return syscall.ENOENT
	case f != nil && op.Flags&syscall.O_EXCL != 0:
		return syscall.EEXIST
	case f == nil:
		f = k.w.newFile(d, op.Mode)
		k.w.link(d, name, f)
	case op.Flags&syscall.O_EXCL != 0:
		return syscall.EEXIST
	case op.Flags&syscall.O_DIRECTORY != 0 && f.index == nil:
		return syscall.ENOTDIR
	case op.Flags&syscall.O_TRUNC != 0:
		k.w.truncate(f, 0)
	}
	o := &open{f: f, appends: op.Flags&syscall.O_APPEND != 0}
	for fd := 3; fd < len(k.fds); fd++ {
		if k.fds[fd] == nil {
			k.fds[fd] = o
			op.Res = int64(fd)
			return nil
		}
	}
	op.Res = int64(len(k.fds))
	k.fds = append(k.fds, o)
	return nil
}

func (k *Kernel) stat(op *ioring.Op) error {
	var f *File
	if op.Path == "" {
		f = k.fd(op.FD).f
	} else if f = k.dir(op.Dir).Lookup(op.Path); f == nil {
		return syscall.ENOENT
	}
	op.Stat = ioring.FileInfo{
		Dev: 1, Ino: f.Ino, Birth: f.Birth, Mtime: f.Mtime,
		Size: int64(len(f.Data)), Nlink: uint32(f.Links), UID: uint32(os.Geteuid()), Mode: f.Mode | syscall.S_IFREG,
	}
	if f.index != nil {
		op.Stat.Mode = f.Mode | syscall.S_IFDIR
	}
	return nil
}

// run starts a processor.
func (k *Kernel) run(f *flying) {
	op := f.op
	if k.w.Trace != nil {
		k.w.tracef("%s", k.describe(op))
	}
	op.Res = 0
	if op.Err = k.fails(); op.Err != nil {
		return
	}
	files := op.Cmd.Files
	for _, i := range []int{0, 1, 4, 5} {
		if k.fd(files[i]) == nil {
			k.w.Fail("a processor's descriptor %d is closed", i)
		}
	}
	in := k.fd(files[0]).f
	if in.home.Lookup("previous") != in || in.Mode&0o100 == 0 {
		k.w.Fail("a processor's input is not previous, or not finished")
	}
	p := &process{
		how: k.w.Processor(), in: in, out: k.fd(files[1]).f,
		state: k.fd(files[4]).f, fresh: k.fd(files[5]).f, at: k.w.mono,
	}
	f.run = p
	k.w.running = append(k.w.running, p)
}

// describe returns an operation as the trace and golden files show it.
func (k *Kernel) describe(op *ioring.Op) string {
	name := func(path string) string {
		if d := k.dir(op.Dir); d != nil {
			return join(d, base(path))
		}
		return path
	}
	file := func() string {
		if o := k.fd(op.FD); o != nil {
			return k.w.NameOf(o.f)
		}
		return "(closed)"
	}
	switch op.Code {
	case ioring.OpenAt:
		text := "open " + name(op.Path)
		if op.Flags&syscall.O_CREAT != 0 {
			text += fmt.Sprintf(", created %04o", op.Mode)
		}
		if op.Flags&syscall.O_TRUNC != 0 {
			text += ", truncated"
		}
		return text
	case ioring.MkdirAt, ioring.UnlinkAt:
		return op.Code.String() + " " + name(op.Path)
	case ioring.RenameAt, ioring.LinkAt:
		return op.Code.String() + " " + name(op.Path) + " to " + op.NewPath
	case ioring.Stat:
		if op.Path != "" {
			return "stat " + name(op.Path)
		}
		return "stat " + file()
	case ioring.Fchmod:
		return fmt.Sprintf("chmod %04o %s", op.Mode, file())
	case ioring.Ftruncate:
		return fmt.Sprintf("truncate %s to %d", file(), op.Len)
	case ioring.Run:
		return "run " + strings.Join(op.Cmd.Args, " ")
	default:
		return op.Code.String() + " " + file()
	}
}
