package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"multilog/pipeline/input"
	"multilog/rotate"
)

// qmailScript is the script of a mail server: what matters goes to one directory,
// errors go to another, the current state goes to a file.
var qmailScript = []string{
	"t", "s16777215", "./main", "-* status: *", "-* starting delivery *", "-* delivery * success*", "-* delivery * failure*",
	"-* new msg *", "-* info msg *", "-* end msg *", "-* bounce msg *",
	"-* delivery * deferral: Sorry,_I_couldn't_find_any_host_by_that_name*",
	"-* delivery * deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_*",
	"./alert", "-*", "+* status: *", "=status",
}

// qmailLines returns about n bytes of what qmail-send writes.
func qmailLines(n int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		msg := 93000 + i%700
		fmt.Fprintf(&b, "new msg %d\n", msg)
		fmt.Fprintf(&b, "info msg %d: bytes %d from <user%d@example.org> qp %d uid 1002\n", msg, 400+i*37%90000, i%100, 20000+i)
		fmt.Fprintf(&b, "starting delivery %d: msg %d to remote someone%d@example.net\n", i, msg, i%50)
		fmt.Fprintf(&b, "status: local 0/10 remote %d/20\n", i%20)
		if i%9 == 0 {
			fmt.Fprintf(&b, "delivery %d: deferral: 192.0.2.%d_does_not_like_recipient./Giving_up.\n", i, i%250)
		} else {
			fmt.Fprintf(&b, "delivery %d: success: 192.0.2.%d_accepted_message./Remote_host_said:_250_ok_%d_qp_%d/\n", i, i%250, i, i)
		}
		fmt.Fprintf(&b, "end msg %d\n", msg)
	}
	return []byte(b.String())
}

// batches are scripts whose batches have different costs.
var batches = []struct {
	name string
	args []string
}{
	{"plain", []string{"s16777215", "./main"}},
	{"t", []string{"t", "s16777215", "./main"}},
	{"two directories", []string{"t", "s16777215", "./main", "-* delivery *: success*", "./alert"}},
	{"a few", []string{"t", "-*", "+* delivery *: deferral*", "s16777215", "./main"}},
	{"qmail", qmailScript},
}

// A batch allocates nothing: the collector is off, and would have to wait for the
// loop's system calls.
func TestNoAllocations(t *testing.T) {
	in := qmailLines(20_000)
	for _, c := range append(batches, struct {
		name string
		args []string
	}{"e", []string{"t", "s16777215", "e", "=status", "./main"}}) {
		l, k := openLoop(t, c.args...)
		k.written = 0
		run := func() {
			n := l.batch.fill(in, 0)
			if n == 0 || l.commit(in[:n], n, nil) != rotate.Consumed {
				t.Fatalf("%s: no batch", c.name)
			}
			k.Wait(0, false)
		}
		for range 20 { // everything has grown by now, and current is preallocated
			run()
		}
		if n := testing.AllocsPerRun(50, run); n > 0 {
			t.Errorf("%s: %v allocations a batch", c.name, n)
		}
		if k.consumed == 0 || k.written == 0 {
			t.Errorf("%s: %d bytes consumed, %d written", c.name, k.consumed, k.written)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	in := qmailLines(input.BatchBytes - 4096)
	for _, c := range batches {
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			l, _ := openLoop(b, c.args...)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if l.batch.fill(in, 0) == 0 {
					b.Fatal("nothing filled")
				}
				l.batch.reset()
			}
		})
	}
}

func BenchmarkPiecesOf(b *testing.B) {
	for _, gap := range []int{100, 5000} { // between the lines that are not selected, in bytes
		b.Run(fmt.Sprintf("runs-of-%d", gap), func(b *testing.B) {
			l, _ := openLoop(b, "./main")
			l.batch.text = qmailLines(input.BatchBytes)
			o := &l.batch.outputs[0]
			for at := 0; at+gap <= input.BatchBytes; at += gap + 50 {
				o.add(at, at+gap)
			}
			b.SetBytes(o.queued)
			b.ReportAllocs()
			for b.Loop() {
				l.piecesOf(o)
			}
		})
	}
}
