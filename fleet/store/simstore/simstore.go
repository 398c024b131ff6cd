// Package simstore is a simulated object store in memory. It fails like one across a
// network, as a seed determines: requests and answers are lost, requests arrive late,
// after their client has given up or died, or twice; bodies are cut, the store asks for
// pauses, and the client is killed before or after its request was carried out.
//
// A history is replayed from its seed. The package is for tests.
package simstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"multilog/fleet/store"
)

// ErrKilled is what a client sees of its own death: it must not do anything more.
var ErrKilled = errors.New("killed")

// Faults are how often things go wrong, each of 1,000 requests.
type Faults struct {
	Lost       int // the request never arrives
	Unanswered int // it is done, but its answer is lost
	Late       int // it is done later, and its client has given up
	Twice      int // it is done twice, the second time later
	Busy       int // 503
	Cut        int // half of the body arrives: of a put the store drops it, of a get the client has half
	Kill       int // the client dies: before, after, or with the request still on its way
}

// Store is the store, as the client that has it sees it.
type Store struct {
	Faults  Faults
	Objects map[string]Stored

	// Before is called before each request is done: other clients and the log's
	// owner are at work, too.
	Before func()

	// Within is called while a page of a listing is made: a key that comes or goes
	// meanwhile is listed or not. Nil means that a page is what there is at one moment.
	Within func()

	// Conditional is false for a store that ignores If-None-Match.
	Conditional bool

	// MayDelete and MayRead are what the credentials allow besides put and list.
	MayDelete, MayRead bool

	// KillAt is the number of the request at which the client dies, from 1 on; 0
	// for none but those of Faults. KillAfter has the request done before.
	KillAt    int
	KillAfter bool

	Requests int // so far
	Log      func(format string, args ...any)

	mu   sync.Mutex // of what a request does, but not while Before and Within run
	rng  *rand.Rand
	late []func()
}

// Stored is an object.
type Stored struct {
	Data []byte
	Meta map[string]string
}

// New returns an empty store without faults, which allows everything.
func New(seed uint64) *Store {
	return &Store{
		Objects: map[string]Stored{}, Conditional: true, MayDelete: true, MayRead: true,
		rng: rand.New(rand.NewPCG(seed, 1)), Log: func(string, ...any) {},
	}
}

// Settle lets everything happen that is still on its way.
func (s *Store) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.late) > 0 {
		s.arrive(0)
	}
}

func (s *Store) arrive(i int) {
	do := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	do()
}

// unlocked calls what others do meanwhile.
func (s *Store) unlocked(others func()) {
	if others != nil {
		s.mu.Unlock()
		others()
		s.mu.Lock()
	}
}

// request does one request under the faults. do returns what the store answers.
func (s *Store) request(op, key string, do func() error, changes bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Requests++
	number := s.Requests
	for len(s.late) > 0 && s.rng.IntN(4) == 0 {
		s.arrive(s.rng.IntN(len(s.late)))
	}
	s.unlocked(s.Before)
	fail := func(kind store.Kind) error { return &store.Error{Op: op, Key: key, Kind: kind} }
	later := func() {
		if changes {
			s.late = append(s.late, func() {
				err := do()
				s.Log("late %s %s: %v", op, key, err)
			})
		}
	}
	if number == s.KillAt {
		if s.KillAfter {
			_ = do() // the client never hears of it
		}
		s.Log("%s %s: killed", op, key)
		return ErrKilled
	}
	at := s.rng.IntN(1000)
	for _, f := range []struct {
		often int
		what  string
		do    func() error
	}{
		{s.Faults.Lost, "lost", func() error { return fail(store.Unknown) }},
		{s.Faults.Unanswered, "unanswered", func() error { _ = do(); return fail(store.Unknown) }},
		{s.Faults.Late, "late", func() error { later(); return fail(store.Unknown) }},
		{s.Faults.Twice, "twice", func() error { later(); return do() }},
		{s.Faults.Busy, "busy", func() error { return fail(store.Busy) }},
		{s.Faults.Kill, "killed", func() error {
			switch s.rng.IntN(3) {
			case 0:
				_ = do()
			case 1:
				later()
			}
			return ErrKilled
		}},
	} {
		if at < f.often {
			err := f.do()
			s.Log("%s %s: %s", op, key, f.what)
			return err
		}
		at -= f.often
	}
	err := do()
	s.Log("%s %s: %v", op, key, err)
	return err
}

// pageKeys is how many entries a page of a listing has: few, so that there are
// many.
const pageKeys = 3

// List is store.Store's.
func (s *Store) List(_ context.Context, prefix, after string, delimiter bool) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for {
			var page []store.Entry
			more := false
			err := s.request("list", prefix, func() error {
				if !utf8.ValidString(after) {
					return fmt.Errorf("unable to list %s after %q: not UTF-8", prefix, after)
				}
				page, more = s.page(prefix, after, delimiter)
				return nil
			}, false)
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			for _, e := range page {
				after = e.After()
				if !yield(e, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

func (s *Store) page(prefix, after string, delimiter bool) (page []store.Entry, more bool) {
	sizes := make(map[string]int)
	for key, o := range s.Objects {
		sizes[key] = len(o.Data)
	}
	if s.Within != nil {
		s.unlocked(s.Within)
		for _, key := range slices.Sorted(maps.Keys(s.Objects)) { // in an order, so that a seed replays
			if _, ok := sizes[key]; !ok && s.rng.IntN(2) == 0 {
				sizes[key] = len(s.Objects[key].Data)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(sizes)) {
			if _, ok := s.Objects[key]; !ok && s.rng.IntN(2) == 0 {
				delete(sizes, key)
			}
		}
	}
	var keys []string
	for key := range sizes {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		e := store.Entry{Key: key, Size: int64(sizes[key])}
		if i := strings.IndexByte(key[len(prefix):], '/'); delimiter && i >= 0 {
			e = store.Entry{Key: key[:len(prefix)+i+1], Prefix: true}
			if len(page) > 0 && page[len(page)-1] == e {
				continue
			}
		}
		if len(page) == pageKeys {
			return page, true
		}
		page = append(page, e)
	}
	return page, false
}

// Get is store.Store's.
func (s *Store) Get(_ context.Context, key string, off, n int64) (r io.ReadCloser, err error) {
	err = s.request("get", key, func() error {
		o, ok := s.Objects[key]
		switch {
		case !s.MayRead:
			return &store.Error{Op: "get", Key: key, Kind: store.Denied}
		case !ok:
			return &store.Error{Op: "get", Key: key, Kind: store.NotFound}
		}
		data := o.Data[min(off, int64(len(o.Data))):]
		if n >= 0 {
			data = data[:min(n, int64(len(data)))]
		}
		r = io.NopCloser(bytes.NewReader(data))
		if s.rng.IntN(1000) < s.Faults.Cut {
			cut := &store.Error{Op: "get", Key: key, Kind: store.Unknown, Err: io.ErrUnexpectedEOF}
			r = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), broken{cut}))
		}
		return nil
	}, false)
	return r, err
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Head is store.Store's.
func (s *Store) Head(_ context.Context, key string) (o store.Object, err error) {
	err = s.request("look at", key, func() error {
		stored, ok := s.Objects[key]
		switch {
		case !s.MayRead:
			return &store.Error{Op: "look at", Key: key, Kind: store.Denied}
		case !ok:
			return &store.Error{Op: "look at", Key: key, Kind: store.NotFound}
		}
		o = store.Object{Size: int64(len(stored.Data)), Meta: stored.Meta}
		return nil
	}, false)
	return o, err
}

// PutNew is store.Store's.
func (s *Store) PutNew(_ context.Context, key string, body store.Body, meta map[string]string) error {
	data := make([]byte, body.Size)
	if _, err := body.Data.ReadAt(data, 0); err != nil && err != io.EOF {
		return &store.Error{Op: "put", Key: key, Kind: store.Unknown, Err: err}
	}
	meta = maps.Clone(meta)
	return s.request("put", key, func() error {
		if s.rng.IntN(1000) < s.Faults.Cut {
			return &store.Error{Op: "put", Key: key, Kind: store.Unknown, Err: io.ErrUnexpectedEOF}
		}
		if _, ok := s.Objects[key]; ok && s.Conditional {
			return &store.Error{Op: "put", Key: key, Kind: store.Exists}
		}
		s.Objects[key] = Stored{data, meta}
		return nil
	}, true)
}

// Delete is store.Store's.
func (s *Store) Delete(_ context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	keys = slices.Clone(keys)
	return s.request("delete", strings.Join(keys, " "), func() error {
		if !s.MayDelete {
			return &store.Error{Op: "delete", Key: keys[0], Kind: store.Denied}
		}
		for _, key := range keys {
			delete(s.Objects, key)
		}
		return nil
	}, true)
}
