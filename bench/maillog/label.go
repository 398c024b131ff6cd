package maillog

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// clock is a simulated clock that moves on with every line.
type clock struct {
	rnd *rand.PCG
	gap time.Duration
	now time.Time
}

// appendLabel appends the next instant's external TAI64N label and a space
// (https://cr.yp.to/libtai/tai64.html), counted as daemontools does: UTC + 10 s.
// The gaps are spread evenly between 1 ns and about twice their mean.
func (c *clock) appendLabel(dst []byte) []byte {
	c.now = c.now.Add(1 + time.Duration(below(c.rnd, uint64(2*c.gap))))
	var bin [12]byte
	binary.BigEndian.PutUint64(bin[:], uint64(c.now.Unix())+10+1<<62)
	binary.BigEndian.PutUint32(bin[8:], uint32(c.now.Nanosecond()))
	dst = append(dst, '@')
	dst = hex.AppendEncode(dst, bin[:])
	return append(dst, ' ')
}
