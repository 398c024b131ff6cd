package ship

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
)

// Config is the configuration that all logs share.
type Config struct {
	Store store.Store
	Keep  int64 // maximum size in bytes, per log, of files that only .ship has
	Whole bool  // send only finished files, no pieces

	Now  func() time.Time
	Warn func(log layout.Log, text string) // prints a message for people
}

// Log sends one log. Step belongs to one goroutine, Keep to another.
type Log struct {
	Config
	log layout.Log
	dir Directory

	started bool
	groups  map[layout.ID]*group
	missing map[string]bool      // labels of files that the store only says are missing
	between map[string]bool      // labels in front of which files may be missing
	idOf    map[string]layout.ID // of files that have a label and are not finished
	noDel   bool                 // the credentials may not delete
	noRead  bool                 // they may not look at objects

	warned sync.Map // the texts that were told, by Step or Keep

	mu sync.Mutex // for what follows
	inStoreNow
	inDirectory
	stats Stats
}

// inStoreNow is what Step and Keep know of the store.
type inStoreNow struct {
	have   map[string]bool // labels of files that the store has
	newest string          // the greatest of them, or of gaps
}

// inDirectory is what Step and Keep know of the directory.
type inDirectory struct {
	before   map[string]string // label before each that was seen; "" if that is not known
	behind   map[string]string // of files behind one that had no label: the label before that; "" for none
	gone     map[string]int    // how many times in a row a kept @LABEL.u was not in the directory
	noLinks  bool              // second names are refused
	current  tracked           // the file that is current
	previous tracked           // and the one that was before it

	last      scan
	shelf     shelf
	dirStamp  Stamp     // of the directory, as last has it; zero if that may have changed unseen
	keptStamp Stamp     // of .ship, as shelf has it
	stale     bool      // shelf is to be read anew
	unlinked  bool      // not every file that should have a second name has one
	reread    time.Time // when both were last read whatever the stamps said
	forgetAt  int       // how large before may get until it is looked through
}

// tracked is a file that has no label yet. It stays open, so that no other file can
// get its inode.
type tracked struct {
	File         // nil for none
	after string // the label of the file before it; "" if that is not known
}

func (t *tracked) is(inode uint64) bool { return t.File != nil && t.Inode() == inode }

// Close forgets which files the log was following.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range []*tracked{&l.current, &l.previous} {
		if t.File != nil {
			t.Close()
			t.File = nil
		}
	}
}

// Stats are what a Log has done, and what it has to do.
type Stats struct {
	Requests, Retries   int64     // sent; and steps that failed
	Files, Pieces, Gaps int64     // objects put
	SentBytes           int64     // of their bodies
	KeptBytes           int64     // that only .ship holds
	LagBytes            int64     // that were not in the store when the last step ended
	Complete            time.Time // when everything that was logged was in the store
}

// group is a file that has pieces, or will have.
type group struct {
	pos     int64     // the store has the file up to here
	known   bool      // pos is
	skip    bool      // no more pieces of it are sent
	label   string    // of the finished file, once the store knows
	after   string    // the label of the file before, as its first piece says
	noted   bool      // after was read
	stray   bool      // its file was looked for, and not found
	cleaned time.Time // when its pieces were deleted
}

// NewLog returns the sender of the log in dir.
func NewLog(log layout.Log, dir Directory, conf Config) *Log {
	return &Log{
		Config: conf, log: log, dir: dir,
		groups: map[layout.ID]*group{}, missing: map[string]bool{}, between: map[string]bool{}, idOf: map[string]layout.ID{},
		inStoreNow:  inStoreNow{have: map[string]bool{}},
		inDirectory: inDirectory{before: map[string]string{}, behind: map[string]string{}, gone: map[string]int{}, forgetAt: 1000},
		stats:       Stats{Complete: conf.Now()},
	}
}

// errAgain means that the store has changed meanwhile: the next step sees how.
var errAgain = errors.New("another sender was faster")

// Step brings the store up to what is in the directory. An error that wraps
// fs.ErrNotExist means that there is no such directory now.
func (l *Log) Step(ctx context.Context) error {
	begun := l.Now()
	err := l.step(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.stats.Retries++
		return err
	}
	l.stats.Complete, l.stats.LagBytes = begun, 0
	return nil
}

func (l *Log) step(ctx context.Context) error {
	if err := l.Keep(); err != nil {
		return err
	}
	if !l.started {
		if err := l.start(ctx); err != nil {
			return err
		}
		l.started = true
	}
	for try := 1; ; try++ {
		if err := l.sendFiles(ctx); err != nil {
			return err
		}
		if l.Whole {
			return nil
		}
		if again, err := l.sendPieces(ctx, try == fileTries); err != nil || !again || try == fileTries {
			return err
		}
	}
}

// fileTries is how often a step begins again because the logger has finished a file. The
// last time it does not wait for a processor's result any more, which may have been left
// by a logger that was killed. While files come faster than they are sent, there are no
// pieces.
const fileTries = 10

// sendFiles puts the finished files that the store has not got.
func (l *Log) sendFiles(ctx context.Context) error {
	for {
		item, ok, err := l.next()
		if err != nil {
			return err
		}
		if !ok {
			return l.clean(ctx)
		}
		if err := l.sendFile(ctx, item); err != nil {
			return err
		}
	}
}

// Stats returns what was done so far.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// Name returns the log's place in the store.
func (l *Log) Name() layout.Log { return l.log }

// count counts a request.
func (l *Log) count() {
	l.mu.Lock()
	l.stats.Requests++
	l.mu.Unlock()
}

// warnOnce tells a person something that does not change.
func (l *Log) warnOnce(text string) {
	if _, said := l.warned.LoadOrStore(text, true); !said {
		l.Warn(l.log, text)
	}
}

// put puts an object that matters only by its name, or whose content is small.
// That it is there already is no error.
func (l *Log) put(ctx context.Context, key string, text []byte) error {
	l.count()
	if err := l.Store.PutNew(ctx, key, bytesBody(text), nil); err != nil && !store.Is(err, store.Exists) {
		return err
	}
	return nil
}

// absent reports whether an error is about a file that has another name by now, or
// none.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
