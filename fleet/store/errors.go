package store

import (
	"errors"
	"fmt"
)

// Kind is the kind of an error, as far as it decides what to do.
type Kind int

// The kinds of errors.
const (
	Unknown        Kind = iota // no answer, or half of one: it may have happened or not, or happen later
	Exists                     // there is an object under the key already (412)
	NotFound                   // there is none (404)
	Denied                     // these credentials may not do that (403)
	NoCredentials              // there are none
	BadCredentials             // the store does not know them, or has another secret
	NoBucket                   // there is no such bucket
	Busy                       // the store asks for a pause (429, 500, 503, 409)
	Clock                      // this machine's clock and the store's differ too much
	Full                       // the store, or the quota, is full
	Refused                    // the store will never take this (another 4xx)
	Unsupported                // the store does not know this kind of request
	Unreachable                // no connection: it has not happened
	AtEnd                      // the object ends before the bytes that were asked for (416)
)

// kinds has the text and the advice of each kind.
var kinds = map[Kind]struct{ text, advice string }{
	Unknown:        {"the store did not answer", "check the network and the store"},
	Exists:         {"there is one already", "nothing is to be done"},
	NotFound:       {"it is not there", "it was removed: look at the bucket's lifecycle rules and at who may delete"},
	Denied:         {"the store denies it", "give these credentials s3:PutObject and s3:ListBucket on this prefix (docs/FLEET.md has a policy)"},
	NoCredentials:  {"there are no credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"},
	BadCredentials: {"the store does not accept the credentials", "compare AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY with the store's"},
	NoBucket:       {"there is no such bucket", "create the bucket, or correct its name; AWS_ENDPOINT_URL says which store is asked"},
	Busy:           {"the store is busy", "nothing is to be done unless it lasts"},
	Clock:          {"the clocks of this machine and of the store differ by more than 15 minutes", "set this machine's clock"},
	Full:           {"the store is full", "make room in the store, or raise its quota"},
	Refused:        {"the store refuses it", "read what the store says"},
	Unsupported:    {"the store does not know this request", "use another store, or a newer version of it"},
	Unreachable:    {"the store cannot be reached", "check AWS_ENDPOINT_URL, the network and the store"},
	AtEnd:          {"the object ends before these bytes", "nothing is to be done"},
}

// Error is what a Store returns.
type Error struct {
	Op   string // "list", "get", "look at", "put", "delete"
	Key  string // or prefix
	Kind Kind
	Err  error // what the client says
}

// Error returns what could not be done, on which key, and why.
func (e *Error) Error() string {
	text := fmt.Sprintf("unable to %s %s: %s", e.Op, e.Key, kinds[e.Kind].text)
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

// Unwrap returns what the client said.
func (e *Error) Unwrap() error { return e.Err }

// Advice returns what mends it, in a few words.
func (e *Error) Advice() string { return kinds[e.Kind].advice }

// KindOf returns the kind of a Store's error. Errors of other origin are Unknown.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unknown
}

// Is reports whether err is a Store's error of that kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}
