package store

import (
	"bytes"
	"context"
	"crypto/sha256"
)

// Probe finds out whether the store refuses to put an object under a key that exists,
// by trying with key. If the store does not refuse, Probe returns a Store that checks
// before each put. That is right if there is only one sender, and if no request arrives
// after a later one.
func Probe(ctx context.Context, s Store, key string) (_ Store, conditional bool, err error) {
	text := []byte("mlship has put this here to find out whether the store honours If-None-Match.\n")
	body := Body{bytes.NewReader(text), int64(len(text)), sha256.Sum256(text)}
	for range 2 {
		switch err := s.PutNew(ctx, key, body, nil); {
		case Is(err, Exists):
			return s, true, nil
		case err != nil:
			return nil, false, err
		}
	}
	return asking{s}, false, nil
}

// asking is a Store whose puts are not conditional.
type asking struct{ Store }

func (s asking) PutNew(ctx context.Context, key string, body Body, meta map[string]string) error {
	_, err := s.Head(ctx, key)
	switch {
	case err == nil:
		return &Error{"put", key, Exists, nil}
	case !Is(err, NotFound):
		return err
	}
	return s.Store.PutNew(ctx, key, body, meta)
}
