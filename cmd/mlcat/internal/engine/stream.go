package engine

import (
	"bytes"
	"io"

	"multilog/cmd/mlcat/internal/render"
	"multilog/internal/logdir"
)

// maxStreamPieces is how many pieces of a stream may wait to be printed.
const maxStreamPieces = 16

// stream reads and renders a file that can only be read from its start. It makes a new
// piece when the text of one is large: so a search that finds little in many files
// reads each file to its end without waiting for its turn to print.
func (sc *scanner) stream(j *job) {
	r := render.New(sc.style).From(j.source.Number)
	p := sc.newPiece(j.part)
	in, err := j.content.Stream()
	if err == nil {
		p, err = sc.streamPieces(j, r, p, in)
		in.Close()
	}
	if err != nil {
		p.err = j.source.ReadError(j.file, err)
	}
	p.part.last = true
	j.result <- p
}

// streamPieces sends all pieces but the last one, which it returns.
func (sc *scanner) streamPieces(j *job, r *render.Renderer, p *piece, in io.Reader) (*piece, error) {
	p.part.last = false
	buf := make([]byte, 2*logdir.BlockBytes)
	rest, begun := 0, false
	for {
		if len(buf)-rest < logdir.BlockBytes {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := readFull(in, buf[rest:])
		data := buf[:rest+n]
		end := bytes.LastIndexByte(data, '\n') + 1
		if end == 0 && len(data) > logdir.MaxLineBytes {
			data = append(data, '\n') // cut a line that is too long
			end = len(data)
		}
		if end > 0 && begun {
			r.Render(&p.lines, data[:end])
		} else if end > 0 {
			p.fill(r, data[:end])
			begun = true
		}
		rest = copy(buf, data[end:])
		if err != nil {
			if begun {
				p.tail = append(p.tail, buf[:rest]...)
			} else {
				p.head = append(p.head, buf[:rest]...)
			}
			return p, ignoreEOF(err)
		}
		if len(p.lines.Text) >= logdir.BlockBytes {
			p.more = true
			select {
			case j.result <- p:
			case <-sc.stopped:
				return p, nil
			}
			p = sc.newPiece(part{source: j.source, file: j.file})
			p.joined = true
		}
	}
}

// readFull fills buf. Unlike io.ReadFull it returns the reader's own error, because
// io.ErrUnexpectedEOF from the reader means that a file is damaged.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = r.Read(buf[n:])
		n += got
	}
	return n, err
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
