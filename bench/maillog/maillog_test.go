package maillog

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
	"testing"
	"time"
)

// lines are the first n lines of a log.
func lines(c Config, n int) []string {
	g := New(c)
	out := make([]string, n)
	for i := range out {
		out[i] = string(g.Next())
	}
	return out
}

func TestSameSeedSameLog(t *testing.T) {
	a, b := strings.Join(lines(Config{Seed: 7}, 5000), ""), strings.Join(lines(Config{Seed: 7}, 5000), "")
	if a != b {
		t.Error("two generators with one seed differ")
	}
	if a == strings.Join(lines(Config{Seed: 8}, 5000), "") {
		t.Error("another seed makes the same log")
	}
}

// TestKnownLog keeps test data that others keep from changing under them.
func TestKnownLog(t *testing.T) {
	log := strings.Join(lines(Config{Seed: 1}, 10000), "")
	if got, want := crc32.ChecksumIEEE([]byte(log)), uint32(0x77b21334); got != want {
		t.Errorf("seed 1: checksum of 10,000 lines is %#08x, was %#08x", got, want)
	}
}

// TestWaysToRead compares all methods, in pieces of odd sizes.
func TestWaysToRead(t *testing.T) {
	want := strings.Join(lines(Config{Seed: 3}, 4000), "")
	ways := map[string]func(*Generator) []byte{
		"AppendLine": func(g *Generator) []byte { return g.AppendLine(nil) },
		"Read":       func(g *Generator) []byte { p := make([]byte, 1013); g.Read(p); return p },
		"Fill": func(g *Generator) []byte {
			p := make([]byte, 4001)
			size, lines := g.Fill(p, 1<<30)
			if p = p[:size]; lines == 0 || bytes.Count(p, []byte("\n")) != lines || p[size-1] != '\n' {
				t.Fatalf("Fill says %d lines: %q", lines, p)
			}
			return p
		},
		"Read and Next": func(g *Generator) []byte { p := make([]byte, 17); g.Read(p); return g.AppendLine(p) },
	}
	for name, read := range ways {
		var got []byte
		for g := New(Config{Seed: 3}); len(got) < len(want); {
			got = append(got, read(g)...)
		}
		if string(got[:len(want)]) != want {
			t.Errorf("%s makes another log than Next", name)
		}
	}
	if size, n := New(Config{}).Fill(make([]byte, 3), 9); size != 0 || n != 0 {
		t.Errorf("Fill of 3 bytes: %d bytes, %d lines", size, n)
	}
}

func TestKinds(t *testing.T) {
	both := lines(Config{Seed: 5}, 20000)
	var smtp, send []string
	for _, line := range both {
		if strings.HasPrefix(line, "tcpserver: ") || strings.HasPrefix(line, "rblsmtpd: ") || strings.HasPrefix(line, "qmail-smtpd: ") {
			smtp = append(smtp, line)
		} else {
			send = append(send, line)
		}
	}
	for kind, want := range map[Kind][]string{SMTP: smtp, Send: send} {
		if got := lines(Config{Seed: 5, Kind: kind}, len(want)); strings.Join(got, "") != strings.Join(want, "") {
			t.Errorf("kind %d is not what Mixed has of it", kind)
		}
	}
	if len(smtp) < 5000 || len(send) < 5000 {
		t.Errorf("the mix is %d lines of smtpd and %d of send", len(smtp), len(send))
	}
}

// TestSMTPStory follows the connections: every pid begins once, is answered, and
// ends; the status lines count.
func TestSMTPStory(t *testing.T) {
	open := map[string]string{} // pid: what was seen last
	ended := 0
	for i, line := range lines(Config{Seed: 11, Kind: SMTP}, 50000) {
		f := strings.Fields(line)
		at := fmt.Sprintf("line %d, %q", i, line)
		switch f[0] + " " + f[1] {
		case "tcpserver: status:":
			// It comes before the pid of a new connection, after the end of an old one.
			if n := len(open); f[2] != fmt.Sprintf("%d/40", n) && f[2] != fmt.Sprintf("%d/40", n+1) {
				t.Fatalf("%s: %d are open", at, n)
			}
		case "tcpserver: pid":
			if open[f[2]] != "" {
				t.Fatalf("%s: the pid is in use", at)
			}
			open[f[2]] = "pid"
		case "tcpserver: ok", "tcpserver: deny":
			if open[f[2]] != "pid" {
				t.Fatalf("%s comes after %q", at, open[f[2]])
			}
			open[f[2]] = f[1]
		case "tcpserver: end":
			if s := open[f[2]]; s != "ok" && s != "deny" {
				t.Fatalf("%s comes after %q", at, s)
			}
			delete(open, f[2])
			ended++
		case "qmail-smtpd: pid":
			if open[f[2]] != "ok" {
				t.Fatalf("%s comes after %q", at, open[f[2]])
			}
		default:
			if f[0] != "rblsmtpd:" || open[strings.TrimSuffix(f[3], ":")] != "ok" {
				t.Fatalf("%s is not known", at)
			}
		}
	}
	if ended < 5000 {
		t.Errorf("only %d connections ended", ended)
	}
}

// TestSendStory follows messages and deliveries as qmail-send counts them.
func TestSendStory(t *testing.T) {
	type message struct{ deliveries int }
	messages := map[string]*message{}
	deliveries := map[string]string{} // number: message and side
	running := map[string]int{}
	seen := map[string]int{}
	started := 0
	for i, line := range lines(Config{Seed: 12, Kind: Send}, 100000) {
		f := strings.Fields(line)
		at := fmt.Sprintf("line %d, %q", i, line)
		switch f[0] {
		case "new":
			if messages[f[2]] != nil {
				t.Fatalf("%s: there is one", at)
			}
			messages[f[2]] = &message{}
			seen["new"]++
		case "info", "bounce", "end":
			num := strings.TrimSuffix(f[2], ":")
			if messages[num] == nil {
				t.Fatalf("%s: there is none", at)
			}
			seen[f[0]]++
			if f[0] == "end" {
				if messages[num].deliveries != 0 {
					t.Fatalf("%s: deliveries run", at)
				}
				delete(messages, num)
			}
		case "starting":
			num := strings.TrimSuffix(f[2], ":")
			if started++; num != fmt.Sprint(started) || messages[f[4]] == nil {
				t.Fatalf("%s is the %dth", at, started)
			}
			deliveries[num] = f[4] + " " + f[6]
			messages[f[4]].deliveries++
			running[f[6]]++
		case "delivery":
			num, what := strings.TrimSuffix(f[1], ":"), strings.TrimSuffix(f[2], ":")
			msg, side, ok := strings.Cut(deliveries[num], " ")
			if !ok || what != "success" && what != "failure" && what != "deferral" {
				t.Fatalf("%s was not started", at)
			}
			delete(deliveries, num)
			messages[msg].deliveries--
			running[side]--
			seen[what]++
		case "status:":
			if want := fmt.Sprintf("status: local %d/10 remote %d/120\n", running["local"], running["remote"]); line != want {
				t.Fatalf("%s should be %q", at, want)
			}
			if running["local"] > 10 || running["remote"] > 120 {
				t.Fatalf("%s: too many", at)
			}
		default:
			t.Fatalf("%s is not known", at)
		}
	}
	for what, least := range map[string]int{"new": 8000, "end": 8000, "success": 8000, "failure": 300, "deferral": 800, "bounce": 300} {
		if seen[what] < least {
			t.Errorf("%s: %d, want at least %d", what, seen[what], least)
		}
	}
	if len(messages) > 3000 {
		t.Errorf("the queue grows: %d messages", len(messages))
	}
}

func TestLengths(t *testing.T) {
	const n = 200000
	sum, longest := 0, 0
	for _, line := range lines(Config{Seed: 1}, n) {
		sum += len(line)
		longest = max(longest, len(line))
	}
	if mean := float64(sum) / n; mean < MeanLine-3 || mean > MeanLine+3 {
		t.Errorf("mean length %.1f, want about %d", mean, MeanLine)
	}
	if longest < 300 || longest > 1000 {
		t.Errorf("the longest line has %d bytes", longest)
	}
}

// TestAddresses finds no address that may be someone's.
func TestAddresses(t *testing.T) {
	log := strings.Join(lines(Config{Seed: 2}, 50000), "")
	for _, ip := range regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`).FindAllString(log, -1) {
		if !strings.HasPrefix(ip, "192.0.2.") && !strings.HasPrefix(ip, "198.51.100.") && !strings.HasPrefix(ip, "203.0.113.") {
			t.Fatalf("%s is not for documentation", ip)
		}
	}
	for _, a := range regexp.MustCompile(`@[a-z0-9.-]+`).FindAllString(log, -1) {
		if !regexp.MustCompile(`[@.]example(\.(com|net|org))?$`).MatchString(a) {
			t.Fatalf("%s is not an example", a)
		}
	}
}

func TestLabels(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const n = 100000
	labelled := lines(Config{Seed: 9, Start: start, Gap: 24 * time.Hour / n}, n)
	last := ""
	for i, bare := range lines(Config{Seed: 9}, n) {
		label, line := labelled[i][:25], labelled[i][26:]
		if line != bare || labelled[i][25] != ' ' {
			t.Fatalf("line %d is %q, without label %q", i, labelled[i], bare)
		}
		if label <= last {
			t.Fatalf("label %d: %s after %s", i, label, last)
		}
		last = label
	}
	if want := "@40000000695"; labelled[0][:12] != want {
		t.Errorf("the first label is %s, want %s...", labelled[0][:25], want)
	}
	var sec int64
	fmt.Sscanf(last[9:17], "%x", &sec)
	if span := time.Unix(sec-10, 0).Sub(start); span < 23*time.Hour || span > 25*time.Hour {
		t.Errorf("the labels span %v, want about a day", span)
	}
}

func TestNoAllocations(t *testing.T) {
	g := New(Config{Seed: 4, Gap: time.Millisecond})
	p := make([]byte, 1<<16)
	for range 200 {
		g.Fill(p, 1<<30)
	}
	if n := testing.AllocsPerRun(100, func() { g.Fill(p, 1<<30) }); n >= 1 {
		t.Errorf("%v allocations per 64 KiB", n)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, c := range map[string]Config{"bare": {Seed: 1}, "labels": {Seed: 1, Gap: time.Millisecond}} {
		b.Run(name, func(b *testing.B) {
			g := New(c)
			p := make([]byte, 1<<16)
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				g.Read(p)
			}
		})
	}
}
