package seekable

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// The levels, in the numbers of the zstd command.
const (
	MinLevel     = 1
	MaxLevel     = 22
	DefaultLevel = 3
)

// Level is what stands behind a level's number: the encoder, and how much
// content goes into a frame. Larger frames compress better and cost memory
// and, for who wants a single line, time.
type Level struct {
	Encoder   zstd.EncoderLevel
	FrameSize int // bytes of content, a power of two: it is also the window
}

// levels holds each step's first number.
var levels = []struct {
	from int
	Level
}{
	{1, Level{zstd.SpeedFastest, 1 << 20}},
	{3, Level{zstd.SpeedBetterCompression, 1 << 20}},
	{6, Level{zstd.SpeedBetterCompression, 4 << 20}},
	{9, Level{zstd.SpeedBestCompression, 4 << 20}},
	{16, Level{zstd.SpeedBestCompression, 8 << 20}},
}

// LevelOf returns what the zstd level n, [MinLevel] to [MaxLevel], means here.
// The library has four encoders for those 22 numbers; they were assigned by the
// sizes that zstd has on labelled logs. Its SpeedDefault is left out: on such
// logs it is slower than SpeedFastest, and no smaller.
func LevelOf(n int) (Level, error) {
	if n < MinLevel || n > MaxLevel {
		return Level{}, fmt.Errorf("level %d is not within %d to %d", n, MinLevel, MaxLevel)
	}
	var l Level
	for _, step := range levels {
		if n >= step.from {
			l = step.Level
		}
	}
	return l, nil
}
