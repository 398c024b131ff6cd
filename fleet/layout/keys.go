package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"multilog/tai64n"
)

// Log names a log in a bucket.
type Log struct {
	Prefix string // "" or without '/' at its end
	Host   string
	Name   string
}

// String returns HOST/LOG, for messages.
func (l Log) String() string { return l.Host + "/" + l.Name }

// Dir returns the beginning of all keys of the log, with '/' at its end.
func (l Log) Dir() string { return HostDir(l.Prefix, l.Host) + l.Name + "/" }

// HostDir returns the beginning of all keys of a host, with '/' at its end.
func HostDir(prefix, host string) string {
	if prefix != "" {
		prefix += "/"
	}
	return prefix + host + "/"
}

// Live returns the beginning of the keys of all pieces, and of what ends them.
func (l Log) Live() string { return l.Dir() + "live/" }

// Gaps returns the beginning of the keys of gap objects.
func (l Log) Gaps() string { return l.Dir() + "gap/" }

// plain matches what may follow the label in a finished file's key.
var plain = regexp.MustCompile(`^[A-Za-z0-9._-]{0,40}$`)

// File returns the key of the finished file with that name in its directory. Unusual
// characters behind the label are not part of the key.
func (l Log) File(name string) string {
	label, rest := name[:tai64n.Len], name[tai64n.Len:]
	if !plain.MatchString(rest) {
		rest = ".s"
	}
	return l.Dir() + label + rest
}

// Label returns the label in the key of a finished file of the log, or in the name
// of one.
func Label(name string) (label string, ok bool) {
	name = name[strings.LastIndexByte(name, '/')+1:]
	if _, ok := tai64n.ParseString(name); !ok {
		return "", false
	}
	return name[:tai64n.Len], true
}

// Gap returns the key of the object that says that the file label is missing.
func (l Log) Gap(label string) string { return l.Gaps() + label + ".json" }

// GapBetween returns the key of the object that says that files may be missing between
// two.
func (l Log) GapBetween(a, b string) string { return l.Gaps() + a + "-" + b + ".json" }

// ID identifies the file to which pieces belong.
type ID string

// idLen is the length of an ID: a label, a '-', eight digits of the hash.
const idLen = tai64n.Len + 1 + 8

// IDOf returns the ID of the file whose first line is line, with its newline. ok is
// false for a line without a label.
func IDOf(line []byte) (id ID, ok bool) {
	if _, ok := tai64n.Parse(line); !ok {
		return "", false
	}
	sum := sha256.Sum256(line)
	return ID(string(line[:tai64n.Len]) + "-" + hex.EncodeToString(sum[:4])), true
}

// Label returns the label of the file's first line.
func (id ID) Label() string { return string(id[:tai64n.Len]) }

// Pieces returns the beginning of the keys of the pieces of a file.
func (l Log) Pieces(id ID) string { return l.Live() + string(id) + "/" }

// Piece returns the key of the piece of file id that begins at byte off with a line
// labelled first.
func (l Log) Piece(id ID, first string, off int64) string {
	return fmt.Sprintf("%s%s.%010d.zst", l.Pieces(id), first, off)
}

// Done returns the key of the object that says that all pieces of file id are in the
// finished file label.
func (l Log) Done(id ID, label string) string { return l.Live() + string(id) + "." + label }

// ParsePiece returns the parts of the key of a piece.
func (l Log) ParsePiece(key string) (p Piece, ok bool) {
	rest, ok := strings.CutPrefix(key, l.Live())
	if !ok || len(rest) < idLen+1 || rest[idLen] != '/' {
		return p, false
	}
	name := rest[idLen+1:]
	offset, ok := strings.CutSuffix(name, ".zst")
	if _, labelled := tai64n.ParseString(name); !ok || !labelled || len(offset) < tai64n.Len+2 {
		return p, false
	}
	off, err := strconv.ParseInt(offset[tai64n.Len+1:], 10, 64)
	return Piece{Key: key, First: name[:tai64n.Len], Off: off}, err == nil && off >= 0
}

// ParseLive returns the file to which a key below live/, or a common beginning of such
// keys, belongs, and its label if it is finished.
func (l Log) ParseLive(key string) (id ID, label string, ok bool) {
	rest, ok := strings.CutPrefix(key, l.Live())
	if !ok || len(rest) <= idLen {
		return "", "", false
	}
	if _, ok := tai64n.ParseString(rest); !ok {
		return "", "", false
	}
	id = ID(rest[:idLen])
	switch rest[idLen] {
	case '/':
		return id, "", true
	case '.':
		label, ok = Label(rest[idLen+1:])
		return id, label, ok
	}
	return "", "", false
}

// name matches the names that a host or a log may have: no S3 tool, shell or URL has
// trouble with them.
var name = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@:+-]{0,127}$`)

// CheckName returns an error if a host or log can't have that name.
func CheckName(text string) error {
	if !name.MatchString(text) {
		return fmt.Errorf("%q cannot be part of a key: only letters, digits and ._@:+- can, the first a letter, digit or _, and at most 128", text)
	}
	return nil
}
