package layout

import (
	"encoding/json"
	"strconv"
)

// FileMeta is the metadata of a finished file.
type FileMeta struct {
	First, Last string // labels of its first and last labelled line; "" without labels
	Lines       int64  // after decompression
	Bytes       int64  // after decompression
	SHA256      string // of the object, in hex
	Before      string // the label of the file before it; "" if there was none or it is not known
}

// Map returns m as an object's metadata.
func (m FileMeta) Map() map[string]string {
	return clean(map[string]string{
		"first": m.First, "last": m.Last, "before": m.Before, "sha256": m.SHA256,
		"lines": strconv.FormatInt(m.Lines, 10), "bytes": strconv.FormatInt(m.Bytes, 10),
	})
}

// ParseFileMeta returns what Map made. What is missing is zero.
func ParseFileMeta(m map[string]string) FileMeta {
	return FileMeta{First: m["first"], Last: m["last"], Before: m["before"], SHA256: m["sha256"],
		Lines: number(m["lines"]), Bytes: number(m["bytes"])}
}

// PieceMeta is the metadata of a piece.
type PieceMeta struct {
	To     int64  // the offset in the file of the byte after the piece
	Lines  int64  // in the piece
	Last   string // label of its last labelled line
	Before string // the label of the finished file before the piece's file, if known
}

// Map returns m as an object's metadata.
func (m PieceMeta) Map() map[string]string {
	return clean(map[string]string{"to": strconv.FormatInt(m.To, 10), "lines": strconv.FormatInt(m.Lines, 10),
		"last": m.Last, "before": m.Before})
}

// ParsePieceMeta returns what Map made. What is missing is zero.
func ParsePieceMeta(m map[string]string) PieceMeta {
	return PieceMeta{To: number(m["to"]), Lines: number(m["lines"]), Last: m["last"], Before: m["before"]}
}

// clean removes empty values, which some stores do not keep.
func clean(m map[string]string) map[string]string {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
	return m
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Gap is the content of a gap object, as JSON.
type Gap struct {
	Host string `json:"host"`
	Log  string `json:"log"`

	// File is the name of the missing file. If it is empty, files between After and
	// Before may be missing, or there may have been none: no sender saw.
	File   string `json:"file,omitempty"`
	After  string `json:"after,omitempty"`  // label of the file before
	Before string `json:"before,omitempty"` // label of the file behind
	First  string `json:"first,omitempty"`  // label of the first line that is missing
	ID     string `json:"id,omitempty"`     // of its pieces, which may hold some of it
	Bytes  int64  `json:"bytes,omitempty"`  // of the missing file
	Why    string `json:"why"`
}

// Encode returns the gap as JSON.
func (g Gap) Encode() []byte {
	b, err := json.Marshal(g)
	if err != nil { // strings and numbers only
		panic(err)
	}
	return append(b, '\n')
}

// ParseGap returns the gap that Encode encoded.
func ParseGap(b []byte) (g Gap, err error) { return g, json.Unmarshal(b, &g) }
