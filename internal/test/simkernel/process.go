package simkernel

// Behaviour is what a run of a processor does. A processor copies its input to its output
// in pieces. If it succeeds, it writes its old state and one more letter to its new state.
type Behaviour struct {
	Chunk int   // size of a piece in bytes; 0: all at once
	Every int64 // nanoseconds between two pieces
	Exit  int64 // the result of the operation Run: the exit code, or 128 and the signal
	After int   // after how many bytes a run ends whose Exit is not 0

	Removes  string // a name in the directory, removed at the end
	Replaces string // a name in the directory; at the end, a copy of the file gets it
}

// process is a processor that runs.
type process struct {
	how   Behaviour
	in    *File
	out   *File
	state *File
	fresh *File
	at    int64 // Mono of its next step
	done  int   // bytes copied
	exit  int64
	over  bool
}

// step does one step and reports whether the process has ended.
func (p *process) step(w *World) bool {
	left := p.in.Data[p.done:]
	if p.how.Exit != 0 {
		left = left[:max(0, min(len(left), p.how.After-p.done))]
	}
	if p.how.Chunk > 0 {
		left = left[:min(len(left), p.how.Chunk)]
	}
	if len(left) > 0 {
		n, err := w.append(p.out, left)
		p.done += n
		p.at = w.mono + p.how.Every
		if err == nil {
			return false
		}
		p.how.Exit = 1 // no room
	} else if p.how.Exit == 0 {
		_, _ = w.append(p.fresh, append(append([]byte(nil), p.state.Data...), 'r'))
	}
	p.meddle(w)
	p.exit, p.over = p.how.Exit, true
	w.tracef("processor: exit %d after %d bytes", p.exit, p.done)
	return true
}

// meddle removes and replaces files, as a processor may do. It does nothing if the logger
// was killed and the next one uses the directory.
func (p *process) meddle(w *World) {
	if p.how.Removes == "" && p.how.Replaces == "" || p.in.home.Lookup("processed") != p.out {
		return
	}
	defer func(watch Watcher) { w.Watch = watch }(w.Watch)
	w.Watch = nil // it checks only what the logger does
	d := p.in.home
	if p.how.Removes != "" {
		_ = w.unlink(d, p.how.Removes)
	}
	if old := d.Lookup(p.how.Replaces); old != nil {
		f := w.newFile(d, old.Mode)
		if n, _ := w.append(f, old.Data); n == len(old.Data) {
			f.Links++
			d.change(change{name: p.how.Replaces, file: f, over: old})
			w.release(old)
		}
	}
	w.tracef("processor: removes %q, replaces %q", p.how.Removes, p.how.Replaces)
}
