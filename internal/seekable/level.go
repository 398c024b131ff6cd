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

// Level is what stands behind a level's number.
type Level struct {
	Encoder   zstd.EncoderLevel
	FrameSize int // bytes of content in a frame
	Window    int // bytes in which repetitions are found, a power of two
}

// On labelled mail logs of 16 MiB these are within 0.4 % of frames and windows
// of 8 MiB, and up to 3 % smaller: what is farther away is seldom worth pointing
// to. Frames of 256 KiB are larger by 2 to 4 %, and half of a frame as window
// is as good as all of it, and takes less memory.
const (
	frameBytes  = 1 << 20
	windowBytes = 512 << 10
)

// levels holds each kind's first number.
var levels = []struct {
	from int
	Level
}{
	{1, Level{zstd.SpeedFastest, frameBytes, windowBytes}},
	{3, Level{zstd.SpeedBetterCompression, frameBytes, windowBytes}},
	{7, Level{zstd.SpeedBestCompression, frameBytes, windowBytes}},
}

// LevelOf returns what the zstd level n, [MinLevel] to [MaxLevel], means here.
// The library has four encoders for those 22 numbers. They are assigned by size
// and time on labelled mail logs: 3 to 6 come out as small as zstd -5, at the
// speed of zstd -3; 7 and above as zstd -8. The library's SpeedDefault is left
// out: on such logs it is slower than SpeedFastest, and no smaller.
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
