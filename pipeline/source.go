package pipeline

import (
	"errors"

	"multilog/pipeline/input"
)

// source is standard input, and what the loop knows of it.
type source struct {
	in     input.Input
	traits input.Traits // as of the start, or of the last input.ErrTaken
	held   int          // how many of the first bytes that Peek shows have left the input
}

func newSource(in input.Input) source { return source{in: in, traits: in.Traits()} }

// peek returns the head of the input; eof reports that nothing will follow.
func (s *source) peek() (b []byte, eof bool) {
	b, s.held, eof = s.in.Peek()
	return b, eof
}

// consume drops n bytes and moves the next ones into tail.
func (s *source) consume(n int, mark *byte, tail []byte) error {
	err := s.in.Consume(n, mark, tail)
	switch {
	case err == nil:
		s.held = max(0, s.held-n) + len(tail)
	case errors.Is(err, input.ErrTaken):
		s.traits = s.in.Traits()
	}
	return err
}

// hold puts b, which the previous logger has taken from the input, before the input.
func (s *source) hold(b []byte) {
	s.in.Hold(b)
	s.held += len(b)
}

// The rest is the input as recovery sees it: source is a rotate.Head.

func (s *source) Identity() (dev, ino uint64) { return s.traits.Dev, s.traits.Ino }
func (s *source) AtStart() bool               { return s.traits.AtStart }
func (s *source) Waiting() int                { return s.in.Waiting() }

func (s *source) PeekHead(n int) []byte {
	b, _ := s.peek()
	return b[:min(n, len(b))]
}

func (s *source) Take(n int, mark *byte) ([]byte, error) {
	b, err := s.in.Take(n, mark)
	s.held += len(b)
	return b, err
}

func (s *source) Consume(n int, mark *byte) error { return s.consume(n, mark, nil) }
