// Package store is an object store as the fleet's commands need it: names that
// stand for one content each, listed in order, put only if absent.
//
// [Store] is the interface, [S3] the implementation for everything that speaks
// S3: AWS, Ceph RGW, SeaweedFS, Garage, versitygw, R2, MinIO. Package simstore
// has one in memory, which fails in all the ways that a network can.
//
// # What a Store promises
//
// Keys are listed in the order of their bytes. A put is atomic: an object is
// there whole or not at all, and from its answer on every List, Head and Get
// sees it. PutNew never replaces an object. After an error of kind [Unknown] the
// object may be there, may come later, or never; so callers use keys for which
// all of these are right, and try again.
//
// # Errors
//
// Every error of a Store is an [*Error]. Its [Kind] tells a program what to do,
// its text tells a person what failed, on which key, and why; [Error.Advice]
// tells what mends it.
package store

import (
	"context"
	"io"
	"iter"
)

// Store is a bucket. Its methods may be called by several goroutines.
type Store interface {
	// List returns the entries whose keys begin with prefix and come after the key
	// after, in order. With delimiter, keys that have a '/' behind the prefix are
	// merged into one entry up to that '/', with Prefix set. The sequence ends with
	// its first error.
	List(ctx context.Context, prefix, after string, delimiter bool) iter.Seq2[Entry, error]

	// Get returns n bytes of an object from byte off on, fewer where it ends before;
	// with n < 0 all from there. The caller closes what it returns.
	Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error)

	// Head returns an object's size and metadata.
	Head(ctx context.Context, key string) (Object, error)

	// PutNew puts an object under a key that has none. The error is of kind Exists
	// if the key has one.
	PutNew(ctx context.Context, key string, body Body, meta map[string]string) error

	// Delete removes objects. A key without an object is no error.
	Delete(ctx context.Context, keys ...string) error
}

// Entry is a line of a listing.
type Entry struct {
	Key    string
	Size   int64
	Prefix bool // Key is the common beginning of keys, up to a '/'
}

// After returns the argument with which a listing goes on behind the entry: its key or, if that
// is a common beginning, what comes behind all keys that have it.
func (e Entry) After() string {
	if e.Prefix {
		return e.Key + "\U0010FFFF" // keys are UTF-8
	}
	return e.Key
}

// Object is what Head tells. The names in Meta are lower case.
type Object struct {
	Size int64
	Meta map[string]string
}

// Body is what is put: Size bytes at Data, with their SHA-256, which the store
// checks.
type Body struct {
	Data   io.ReaderAt
	Size   int64
	SHA256 [32]byte
}

// Reader returns a reader of the whole body.
func (b Body) Reader() *io.SectionReader { return io.NewSectionReader(b.Data, 0, b.Size) }
