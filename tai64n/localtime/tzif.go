package localtime

import (
	"encoding/binary"
	"os"
	"strings"
)

// This file reads zone files (RFC 8536). A file holds its data with 32-bit times and,
// in newer versions, a second time with 64-bit times; the second is used if it is
// there. A file that the C library refuses is refused here, too.

const (
	tzifMagic    = "TZif"
	headerLen    = 44
	maxZoneBytes = 1 << 20 // the longest zone files have a few KiB
)

// readFile reads a zone file. A name that does not begin with a slash is relative to
// dir, or to the system's zone directory if dir is empty. ok is false if the file
// can't be read or is no valid zone file.
func readFile(dir, name string) (f file, ok bool) {
	if !strings.HasPrefix(name, "/") {
		if dir == "" {
			dir = zoneDir
		}
		name = dir + "/" + name
	}
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() || info.Size() > maxZoneBytes {
		return file{}, false
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return file{}, false
	}
	return parseFile(data)
}

// A file is the content of a zone file.
type file struct {
	transitions []int64 // Unix times at which local time changes, ascending
	kindOf      []byte  // for each transition, the index in kinds of the time after it
	kinds       []kind  // at least one
	leaps       []leap
	footer      string // POSIX rule for the time after the last transition, or empty
}

// A kind is one kind of local time, such as summer time.
type kind struct {
	offset int // seconds east of UTC
	dst    bool
	name   string // its abbreviation
	// Whether transitions to this kind were stated in standard time, or in UTC; only
	// adopt needs to know.
	standard, universal bool
}

// A reader removes fields from the front of data. If data is too short for a field,
// the reader has failed, and that field and all later ones are zero.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.data) {
		r.failed = true
		return make([]byte, min(n, 8))
	}
	field := r.data[:n]
	r.data = r.data[n:]
	return field
}

func (r *reader) byte() byte { return r.take(1)[0] }

func (r *reader) int32() int { return int(int32(binary.BigEndian.Uint32(r.take(4)))) }

func (r *reader) time(width int) int64 {
	if width == 4 {
		return int64(r.int32())
	}
	return int64(binary.BigEndian.Uint64(r.take(8)))
}

type header struct {
	version                                             byte
	isUniversal, isStandard, leaps, times, kinds, chars int
}

func (r *reader) header() header {
	fields := reader{data: r.take(headerLen)}
	if r.failed || string(fields.take(4)) != tzifMagic {
		r.failed = true
		return header{}
	}
	h := header{version: fields.byte()}
	fields.take(15)
	for _, count := range []*int{&h.isUniversal, &h.isStandard, &h.leaps, &h.times, &h.kinds, &h.chars} {
		if *count = fields.int32(); *count < 0 || *count > maxZoneBytes {
			r.failed = true
		}
	}
	if h.isStandard > h.kinds || h.isUniversal > h.kinds {
		r.failed = true
	}
	return h
}

// dataLen returns the length in bytes of the data that a header announces, with times
// of width bytes.
func (h header) dataLen(width int) int {
	return h.times*(width+1) + h.kinds*6 + h.chars + h.leaps*(width+4) + h.isStandard + h.isUniversal
}

// parseFile parses the content of a zone file. ok is false if it is not valid.
func parseFile(data []byte) (_ file, ok bool) {
	r, width := &reader{data: data}, 4
	h := r.header()
	if h.version != 0 && !r.failed {
		r.take(h.dataLen(width))
		h, width = r.header(), 8
	}
	if r.failed || len(r.data) < h.dataLen(width) {
		return file{}, false
	}
	f, ok := r.file(h, width)
	if !ok || r.failed {
		return file{}, false
	}
	if width == 8 {
		if len(r.data) < 2 {
			return file{}, false
		}
		if r.data[0] == '\n' {
			f.footer, _, _ = strings.Cut(string(r.data[1:len(r.data)-1]), "\x00")
		}
	}
	return f, true
}

// file reads the data between header and footer.
func (r *reader) file(h header, width int) (f file, ok bool) {
	for range h.times {
		f.transitions = append(f.transitions, r.time(width))
	}
	f.kindOf = r.take(h.times)
	var names []int // where the abbreviations begin
	for range h.kinds {
		k := kind{offset: r.int32()}
		dst, name := r.byte(), r.byte()
		if dst > 1 || int(name) > h.chars {
			return file{}, false
		}
		k.dst = dst == 1
		f.kinds = append(f.kinds, k)
		names = append(names, int(name))
	}
	for _, k := range f.kindOf {
		if int(k) >= len(f.kinds) {
			return file{}, false
		}
	}
	chars := string(r.take(h.chars))
	for i, at := range names {
		if at <= len(chars) {
			f.kinds[i].name, _, _ = strings.Cut(chars[at:], "\x00")
		}
	}
	for range h.leaps {
		f.leaps = append(f.leaps, leap{r.time(width), r.int32()})
	}
	for i := range h.isStandard {
		f.kinds[i].standard = r.byte() != 0
	}
	for i := range h.isUniversal {
		f.kinds[i].universal = r.byte() != 0
	}
	return f, len(f.kinds) > 0
}

// zone returns the Zone that f describes.
func (f *file) zone() *Zone {
	z := &Zone{transitions: f.transitions, leaps: f.leaps, before: f.kinds[0].offset}
	for _, k := range f.kinds {
		if !k.dst {
			z.before = k.offset
			break
		}
	}
	for _, k := range f.kindOf {
		z.offsets = append(z.offsets, f.kinds[k].offset)
		z.abbreviate(f.kinds[k].name, f.kinds[k].offset)
	}
	if len(f.kindOf) == 0 {
		z.abbreviate(f.kinds[0].name, f.kinds[0].offset)
	}
	if f.footer != "" && len(f.transitions) > 0 {
		r, _ := parseRules(f.footer)
		z.rules = &r
		z.abbreviateRules()
	}
	return z
}
