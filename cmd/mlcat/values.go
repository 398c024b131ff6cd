package main

import (
	"fmt"
	"strconv"
	"strings"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/render"
)

// This file has what options do with their values.

const (
	defaultLines = 10   // of -n without a number, and of -f
	linesAtEnd   = 1000 // of -e, as with journalctl
)

// given returns a function for Option.Set that tells an empty value from none.
func given(p **string) func(string) error {
	return func(v string) error { *p = &v; return nil }
}

// texts returns a function for Option.Set that appends the value.
func texts(all *[]string) func(string) error {
	return func(v string) error { *all = append(*all, v); return nil }
}

// number returns a function for Option.Set that sets a number of lines, which is at least least.
func number(n *int, least int) func(string) error {
	return func(v string) (err error) {
		if *n, err = strconv.Atoi(v); err != nil || *n < least {
			return fmt.Errorf("not a number of lines, at least %d: %q", least, v)
		}
		return nil
	}
}

func (o *options) setCase(v string) error {
	switch v {
	case "", "yes", "true", "1":
		o.matchCase = pattern.CaseSensitive
	case "no", "false", "0":
		o.matchCase = pattern.IgnoreCase
	default:
		return fmt.Errorf("not yes or no: %q", v)
	}
	return nil
}

func (o *options) setHistogram(v string) error {
	switch v {
	case "", "minute", "hour", "day":
		o.histogram, o.unit = true, v
		return nil
	}
	return fmt.Errorf("not minute, hour or day: %q", v)
}

func (o *options) setLines(v string) error {
	o.linesSet, o.lines, o.first = true, defaultLines, 0
	switch v {
	case "":
		return nil
	case "all":
		o.lines = engine.AllLines
		return nil
	}
	digits, first := strings.CutPrefix(v, "+")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || digits[0] == '+' || first && n == 0 {
		return fmt.Errorf("not a number of lines, nor all: %q", v)
	}
	if o.lines = n; first {
		o.lines, o.first = engine.AllLines, n
	}
	return nil
}

// isCount reports whether the argument behind -n is its number. It notes what is none.
func (o *options) isCount(arg string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(arg, "+"), 10, 63)
	if err == nil || arg == "all" {
		return true
	}
	o.notCount = arg
	return false
}

func (o *options) setFormat(v string) (err error) {
	o.format, err = render.Named(v)
	return err
}

func (o *options) setColor(v string) error {
	switch v {
	case "":
		v = "always"
	case "auto", "always", "never":
	default:
		return fmt.Errorf("not always, never or auto: %q", v)
	}
	o.color = v
	return nil
}
