package engine

import (
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
)

// Tally calls take with the lines that are wanted, log by log. lines is valid during the call.
func Tally(logs []*source.Source, style *render.Style, take func(log *source.Source, lines *render.Lines)) {
	scanner := newScanner(style)
	defer scanner.stop()
	streams := make([]Stream, len(logs))
	for i, s := range logs {
		streams[i] = scanner.walk(s, false)
	}
	for i, stream := range streams {
		for lines := stream.Next(); lines != nil; lines = stream.Next() {
			take(logs[i], lines)
		}
	}
}
