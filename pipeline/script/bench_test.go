package script

import (
	"strings"
	"testing"
)

func BenchmarkMatch(b *testing.B) {
	line := []byte("@4000000040cebb173743e93c delivery 431: success: 192.0.2.7_accepted_message./Remote_host_said:_250_ok/")
	for _, text := range []string{"*", "* status: *", "* delivery * success*", "@4000000040cebb173743e93d*"} {
		b.Run(strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			p := compile(text)
			b.ReportAllocs()
			for b.Loop() {
				p.match(line)
			}
		})
	}
}
