package zstdcmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dustin/go-humanize"

	"multilog/internal/console"
	"multilog/internal/seekable"
	"multilog/internal/visible"
)

// listing is one line of the output of -l.
type listing struct {
	frames     int
	compressed int64 // bytes
	content    int64 // bytes; -1 if the file does not state it
	seekable   bool
	name       string
}

// list writes a table that describes the files. It warns of each file that it cannot
// list, goes on with the others, and returns an error at the end.
func list(files []string, out io.Writer, stderr io.Writer) error {
	var table bytes.Buffer
	fmt.Fprintf(&table, "%7s  %10s  %12s  %6s  %-8s  %s\n",
		"frames", "compressed", "uncompressed", "ratio", "seekable", "file")
	total, failed := listing{seekable: true}, 0
	for _, name := range files {
		l, err := inspect(name)
		if err != nil {
			fmt.Fprint(stderr, console.Line(Name, console.Warning, fmt.Sprintf("unable to list %s: %v", name, reason(err))))
			failed++
			continue
		}
		fmt.Fprintln(&table, l)
		total.add(l)
	}
	if listed := len(files) - failed; listed > 1 {
		total.name = fmt.Sprintf("(%d files)", listed)
		fmt.Fprintln(&table, total)
	}
	if _, err := table.WriteTo(out); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("unable to list %d of %d files", failed, len(files))
	}
	return nil
}

func (l *listing) add(other listing) {
	l.frames += other.frames
	l.compressed += other.compressed
	l.seekable = l.seekable && other.seekable
	if l.content < 0 || other.content < 0 {
		l.content = -1
	} else {
		l.content += other.content
	}
}

// String returns the line of the table, without its newline.
func (l listing) String() string {
	content, ratio, yes := "unknown", "", "no"
	if l.content >= 0 {
		content = humanize.IBytes(uint64(l.content))
		ratio = fmt.Sprintf("%.2f", float64(l.content)/float64(max(l.compressed, 1)))
	}
	if l.seekable {
		yes = "yes"
	}
	return fmt.Sprintf("%7s  %10s  %12s  %6s  %-8s  %s", humanize.Comma(int64(l.frames)),
		humanize.IBytes(uint64(l.compressed)), content, ratio, yes, visible.Text(l.name))
}

// inspect returns the line for the file name. It reads the file's seek table or, if
// there is none, the headers of its frames.
func inspect(name string) (listing, error) {
	l := listing{name: name}
	f, err := os.Open(name)
	if err != nil {
		return l, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return l, err
	}
	if !info.Mode().IsRegular() {
		return l, errors.New("not a regular file")
	}
	l.compressed = info.Size()
	frames, err := seekable.ReadTable(f, l.compressed)
	l.seekable = err == nil
	if errors.Is(err, seekable.ErrNoTable) || errors.Is(err, seekable.ErrBadTable) {
		frames, err = seekable.Scan(f, l.compressed)
	}
	if err != nil {
		return l, err
	}
	if len(frames) == 0 {
		return l, errors.New("no zstd frame in the file")
	}
	for _, frame := range frames {
		one := listing{content: frame.Size, seekable: l.seekable}
		if frame.Size != 0 { // neither the table nor other frames without content count
			one.frames = 1
		}
		l.add(one)
	}
	return l, nil
}
