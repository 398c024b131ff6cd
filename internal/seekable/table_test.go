package seekable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// file returns front bytes, of which bytes 10 to 17 are an empty skippable frame, and
// after them a table made of entries, a descriptor and the magic number.
func file(front int, entries [][]uint32, descriptor byte) []byte {
	b := make([]byte, front)
	copy(b[min(10, front):], "\x50\x2a\x4d\x18\x00\x00\x00\x00")
	size := 9
	for _, e := range entries {
		size += 4 * len(e)
	}
	b = binary.LittleEndian.AppendUint32(b, 0x184D2A5E)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, e := range entries {
		for _, v := range e {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(entries)))
	b = append(b, descriptor)
	return binary.LittleEndian.AppendUint32(b, 0x8F92EAB1)
}

func TestReadTable(t *testing.T) {
	sums := [][]uint32{{10, 100, 7}, {8, 0, 8}, {17, 300, 9}}
	bare := [][]uint32{{10, 100}, {8, 0}, {17, 300}}
	frames := []Frame{
		{CompressedSize: 10, Size: 100, HasChecksum: true, Checksum: 7},
		{CompressedOffset: 10, CompressedSize: 8, Offset: 100, HasChecksum: true, Checksum: 8},
		{CompressedOffset: 18, CompressedSize: 17, Offset: 100, Size: 300, HasChecksum: true, Checksum: 9},
	}
	var noSums []Frame
	for _, f := range frames {
		f.Checksum, f.HasChecksum = 0, false
		noSums = append(noSums, f)
	}
	good := file(35, sums, 0x80)
	change := func(at int, b byte) []byte {
		c := bytes.Clone(good)
		c[(at+len(c))%len(c)] ^= b
		return c
	}
	for name, test := range map[string]struct {
		file []byte
		want []Frame
		err  error
	}{
		"checksums":          {good, frames, nil},
		"no checksums":       {file(35, bare, 0), noSums, nil},
		"unused bits":        {file(35, bare, 3), noSums, nil},
		"no frames":          {file(0, nil, 0x80), []Frame{}, nil},
		"empty":              {nil, nil, ErrNoTable},
		"short":              {good[len(good)-16:], nil, ErrNoTable},
		"cut off":            {good[:len(good)-1], nil, ErrNoTable},
		"plain zstd":         {[]byte("\x28\xb5\x2f\xfd\x24\x00\x01\x00\x00\x99\xe9\xd8\x51andmore"), nil, ErrNoTable},
		"reserved bits":      {file(35, sums, 0x84), nil, ErrBadTable},
		"other bytes before": {good[1:], nil, ErrBadTable},
		"more bytes before":  {append([]byte("x"), good...), nil, ErrBadTable},
		"two files":          {append(bytes.Clone(good), good...), nil, ErrBadTable},
		"skippable magic":    {change(35, 1), nil, ErrBadTable},
		"table's size":       {change(35+4, 1), nil, ErrBadTable},
		"fewer frames":       {change(-9, 1), nil, ErrBadTable},
		"many frames":        {change(-7, 0xff), nil, ErrBadTable},
		"too many frames":    {change(-6, 0xff), nil, ErrBadTable},
		"no checksum flag":   {change(-5, 0x80), nil, ErrBadTable},
		"empty frame":        {file(10, [][]uint32{{10, 1}, {0, 0}}, 0), nil, ErrBadTable},
		"impossible ratio":   {file(10, [][]uint32{{10, 10*32768 + 1}}, 0), nil, ErrBadTable},
	} {
		got, err := ReadTable(bytes.NewReader(test.file), int64(len(test.file)))
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", name, err, test.err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// The file has become shorter than the given size.
	if _, err := ReadTable(bytes.NewReader(good), int64(len(good))+1); err != io.ErrUnexpectedEOF {
		t.Errorf("shorter file: %v", err)
	}
}

// ReadTable refuses a table that calls a frame with content empty, since a reader
// would miss its lines without an error.
func TestTableHidesContent(t *testing.T) {
	file := compress(t, small, logLines(100))
	all := frames(t, file)
	table := len(file) - footerBytes - len(all)*(entryBytes+checksumBytes)
	for i := range all {
		bad := bytes.Clone(file)
		binary.LittleEndian.PutUint32(bad[table+i*(entryBytes+checksumBytes)+4:], 0)
		if _, err := ReadTable(bytes.NewReader(bad), int64(len(bad))); !errors.Is(err, ErrBadTable) {
			t.Errorf("frame %d: %v", i, err)
		}
	}
}

func TestScan(t *testing.T) {
	content := logLines(500)
	file := compress(t, small, content)
	fromTable := frames(t, file)
	frames, err := Scan(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	n := len(frames) - 1 // the table is a frame, too
	if diff := cmp.Diff(fromTable, frames[:n]); diff != "" {
		t.Error(diff)
	}
	if f := frames[n]; f.Size != 0 || f.CompressedOffset+f.CompressedSize != int64(len(file)) {
		t.Errorf("table: %+v", f)
	}
	for cut := range file {
		frames, err := Scan(bytes.NewReader(file), int64(cut))
		whole := 0
		for whole < n && fromTable[whole].CompressedOffset+fromTable[whole].CompressedSize <= int64(cut) {
			whole++
		}
		if len(frames) != whole {
			t.Fatalf("cut at %d: %d frames, want %d", cut, len(frames), whole)
		}
		atEnd := whole == 0 && cut == 0 ||
			whole > 0 && fromTable[whole-1].CompressedOffset+fromTable[whole-1].CompressedSize == int64(cut)
		if atEnd != (err == nil) || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	if _, err := Scan(bytes.NewReader([]byte("plain text, no zstd")), 19); err == nil {
		t.Error("text: no error")
	}
}

// A frame that was compressed from a stream does not state its size, and the size has
// no limit.
func TestScanStream(t *testing.T) {
	var out bytes.Buffer
	e, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		e.Write(make([]byte, 1<<20)) // zeros: blocks of one repeated byte
	}
	e.Write(logLines(3000))
	e.Close()
	out.Write(compress(t, small, []byte("after\n")))
	r := bytes.NewReader(out.Bytes())
	frames, err := Scan(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != 3 || frames[0].Size != -1 || frames[1].Offset != -1 || frames[1].Size != 6 {
		t.Errorf("%+v", frames)
	}
	if _, err := ReadTable(r, r.Size()); !errors.Is(err, ErrBadTable) {
		t.Errorf("ReadTable: %v", err)
	}
	if _, err := frames[0].Content(r, nil); err != ErrFrameTooBig {
		t.Errorf("frame of unknown size: %v", err)
	}
	if got, err := frames[1].Content(r, nil); err != nil || string(got) != "after\n" {
		t.Errorf("%q, %v", got, err)
	}
}
