package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"multilog/tai64n"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

// mailLog returns n bytes of a typical mail log.
func mailLog(n int) []byte {
	var log bytes.Buffer
	rnd := rand.New(rand.NewPCG(1, 2))
	now := int64(1_700_000_000_000_000_000)
	for i := 0; log.Len() < n; i++ {
		now += rnd.Int64N(3_000_000)
		fmt.Fprintf(&log, "%v ", tai64n.FromUnixNano(now))
		switch rnd.IntN(5) {
		case 0:
			fmt.Fprintf(&log, "info msg %d: bytes 2341 from <user%d@example.org> qp %d uid 1002\n", i, i%77, i%65536)
		case 1:
			fmt.Fprintf(&log, "starting delivery %d: msg %d to remote user%d@example.com\n", i, i%77, i%100)
		case 2:
			fmt.Fprintf(&log, "delivery %d: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok_%d_qp_%d/\n", i, i*7, i%65536)
		case 3:
			fmt.Fprintf(&log, "status: local %d/10 remote %d/20\n", i%11, i%21)
		case 4:
			fmt.Fprintf(&log, "tcpserver: pid %d from 192.0.2.%d\n", i, i%256)
		}
	}
	return log.Bytes()[:n]
}

func BenchmarkConvert(b *testing.B) {
	src, dst := mailLog(4<<20), make([]byte, 6<<20)
	c := &converter{times: localtime.NewFormatter(localtime.New("Europe/Berlin", ""))}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		c.inLine = false
		if n, used := c.Convert(dst, src); n <= used || used < len(src)-filter.HeldBytes {
			b.Fatal(n, used)
		}
	}
}
