package localtime

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"multilog/internal/test/logger"
	"multilog/tai64n"
)

// oracle is daemontools' tai64nlocal, which prints local time as the C library
// computes it.
const oracle = "/usr/bin/tai64nlocal"

// unset as a value of TZ means that the environment has no TZ.
const unset = "\x00unset"

// environment returns an environment that chooses a zone.
func environment(tz, dir string) []string {
	env := []string{"PATH=/usr/bin:/bin"}
	if tz != unset {
		env = append(env, "TZ="+tz)
	}
	if dir != "" {
		env = append(env, "TZDIR="+dir)
	}
	return env
}

// runOracle returns the oracle's output for the labels, one line for each.
func runOracle(tz, dir string, labels []tai64n.Label) (string, error) {
	var in bytes.Buffer
	for _, l := range labels {
		in.WriteString(l.String())
		in.WriteByte('\n')
	}
	cmd := exec.Command(oracle)
	cmd.Env, cmd.Stdin = environment(tz, dir), &in
	out, err := cmd.Output()
	return string(out), err
}

// oracleTexts returns the oracle's text for each label. No label may lie outside the
// years that fit struct tm: the oracle crashes on those.
func oracleTexts(t *testing.T, tz, dir string, labels []tai64n.Label) []string {
	t.Helper()
	out, err := runOracle(tz, dir, labels)
	if err != nil {
		t.Fatalf("TZ=%q %s: %v", tz, oracle, err)
	}
	texts := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(texts) != len(labels) {
		t.Fatalf("TZ=%q %s: %d lines for %d labels", tz, oracle, len(texts), len(labels))
	}
	return texts
}

// compare checks that a Formatter writes the same as the oracle for all labels.
func compare(t *testing.T, z *Zone, tz, dir string, labels []tai64n.Label) {
	t.Helper()
	want := oracleTexts(t, tz, dir, labels)
	f := NewFormatter(z)
	wrong := 0
	for i, l := range labels {
		got, ok := f.Append(nil, l)
		if string(got) == want[i] && ok {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("TZ=%q TZDIR=%q %v (unix %d): %q, %v, with the C library %q", tz, dir, l, l.Unix(), got, ok, want[i])
		}
	}
	if wrong > 5 {
		t.Errorf("TZ=%q: %d of %d differ", tz, wrong, len(labels))
	}
}

func at(unix int64) tai64n.Label { return tai64n.Label{Sec: uint64(unix) + tai64n.UnixEpoch} }

// instants returns labels of the seconds at which a zone's offset may change: around
// all the changes that z knows and around new year, and also times spread over some
// years and random times.
func instants(z *Zone, rnd *rand.Rand) []tai64n.Label {
	var unix []int64
	around := func(t int64) { unix = append(unix, t-1, t, t+1) }
	for _, t := range z.transitions {
		around(t)
	}
	for _, l := range z.leaps {
		around(l.at)
		around(l.at + 1)
	}
	for _, year := range []int64{-99999, -400, -1, 0, 1, 4, 100, 999, 1000, 1582, 1752, 1883, 1900, 1901, 1952, 1964, 1968, 1969, 1970, 1971, 1972,
		1999, 2000, 2001, 2004, 2024, 2026, 2037, 2038, 2039, 2040, 2100, 2106, 2400, 9999, 10000, 12345, 99999, 123456, 5_000_000} {
		start := dayOf(year, 0) * secondsPerDay
		around(start)
		for t := start; t < start+366*secondsPerDay; t += rnd.Int64N(16 * secondsPerDay) {
			unix = append(unix, t)
		}
		if z.rules == nil {
			continue
		}
		for i, c := range z.rules.changes {
			around(c.unix(year, z.rules.offsets[i]))
		}
	}
	for bits := range 55 {
		unix = append(unix, rnd.Int64N(1<<bits)*(rnd.Int64N(2)*2-1))
	}
	for _, t := range []int64{math.MinInt32, math.MaxInt32, math.MaxUint32} {
		around(t)
	}
	var labels []tai64n.Label
	for _, t := range unix {
		l := at(t)
		l.Nano = rnd.Uint32()
		labels = append(labels, l)
	}
	return labels
}

var zones = []string{
	unset, "", ":", "UTC", ":UTC", "Universal", "Etc/GMT+5", "Europe/Berlin", ":Asia/Tokyo", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu",
	"America/New_York", "America/Sao_Paulo", "America/Caracas", "Europe/Amsterdam", "Europe/Dublin", "Europe/London", "Europe/Lisbon",
	"Africa/Monrovia", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo", "Asia/Gaza", "Asia/Tehran", "America/Nuuk", "America/Scoresbysund",
	"Australia/Lord_Howe", "Australia/Sydney", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Chatham", "Pacific/Norfolk",
	"America/Juneau", "Asia/Manila", "EST5EDT", "EST", "CET", "WET", "Factory", "right/UTC", "right/Europe/Berlin", "posix/Europe/Berlin",
	"/usr/share/zoneinfo/Asia/Tokyo", ":/usr/share/zoneinfo/America/Denver", "/etc/localtime", "../zoneinfo/Europe/Paris", "Europe//Paris", "localtime",

	// There are no files of these names.
	"JST-9", ":JST-9", "<+0530>-5:30", "<-03>3", "<+01>-1", "UTC0", "GMT+0", "XXX", "Nowhere", "No/Such", "Europe", "Europe/", "/", "/nowhere", "/dev/null",
	"zone.tab", "tzdata.zi", "abc", "AB", "A", "AB3", "ABC3", "ABCD+3", "ABC-3", "ABC 3", "ABC- 3", "ABC+-3", "ABC-24", "ABC25", "ABC-99:99:99",
	"ABC1:2:3", "ABC1:", "ABC1:2:", "ABC1:2:3:4", "ABC1:-2", "ABC65537", "ABC99999999999999999999999", "ABC-99999999999999999999999",
	"ABC18446744073709551615", "ABC18446744073709551616", "<>3", "<AB>3", "<ABC3", "<ABC>3", "<A_B>3", "<+-+>-1", "<12345>6", "JST-9x", "JST-9 ",
	"EST5EDT,M3.2.0,M11.1.0", "EST5EDT4,M3.2.0,M11.1.0", "EST5EDT,M3.2.0/2,M11.1.0/2", "EST5EDT3:30,M3.2.0/2:15:30,M11.1.0/-1:30",
	"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST-2,M3.5.0/2,M10.5.0/3", "NZST-12NZDT,M9.5.0,M4.1.0/3", "AEST-10AEDT,M10.1.0,M4.1.0/3", "IST-1GMT0,M10.5.0,M3.5.0/1",
	"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "EET-2EEST,M3.4.4/50,M10.4.4/50", "XXX3YYY,J60,J300", "XXX3YYY,J59/0,J365/23:59:59",
	"XXX3YYY,J1,J366", "XXX3YYY,59,300", "XXX3YYY,0/0,365/24", "XXX3YYY,0/0,J365/25", "XXX3YYY,365,0", "XXX-12YYY,J365/20,J1/4", "XXX3YYY,366,1", "XXX3YYY,J0,J1",
	"XXX3YYY,J,J1", "XXX3YYY,M3.2.0", "XXX3YYY,M3.2.0,", "XXX3YYY,M3.2.0,M11", "XXX3YYY,M3.2.0,M11.6.0", "XXX3YYY,M3.2.0,M11.1.7",
	"XXX3YYY,M3.2.0,x", "XXX3YYYM3.2.0,M11.1.0", "XXX3YYY;M3.2.0;M11.1.0", "XXX3YYY,M3.2.0M11.1.0", "XXX3YYY,M3.2.0/,M11.1.0/", "XXX3YYY,M3.2.0/x,M11.1.0",
	"XXX3YYY,M3.2.0/1:x,M11.1.0", "XXX3YYY,M3.2.0/+1,M11.1.0/--1", "XXX3YYY,M3.2.0/99,M11.1.0/-99", "XXX3YYY,M3.2.0/167,M11.1.0/-167", "XXX3YYY,M 3. 2. 0,M+11.+1.+0",
	"XXX3YYY,J+60,J300", "XXX3YYY,M3.2.0,M11.1.0,junk", "XXX3YYY,M3.2.0,M11.1.0junk", "XXX3YYY,M1.5.6,M2.5.6", "XXX3YYY,M2.5.0,M12.5.6", "XXX3YYY,M12.5.6/24,M1.1.0/0",
	"XXX3YYY", "XXX3YYY,", "FOO5BAR", "FOO-5BAR", "FOO5BAR5", "FOO5BAR3:30", "FOO0BAR", "FOO-12BAR-14,", "FOO5BAR-", "FOO5BAR-,M3.2.0,M11.1.0", "FOO5<BAR>", "FOO5BA",
	"FOO5BA,M3.2.0,M11.1.0", "FOO5,M3.2.0,M11.1.0", "FOO5M3.2.0,M11.1.0", "FOO5 BAR,M3.2.0,M11.1.0", "FOO5BAR 4,M3.2.0,M11.1.0", "FOO5BAR,,M3.2.0,M11.1.0",
	"FOO5BAR,M3.2.0,,M11.1.0", "foo5bar,m3.2.0,m11.1.0", "F\xc3\xb6\xc3\xb65", "FOO5BAR,M10.1.0,M3.1.0/-24", "FOO5BAR,J100/10,J100/10", "FOO5BAR,100,99",
}

// zoneFor returns the Zone that a program with that environment gets from FromEnv.
func zoneFor(t *testing.T, tz, dir string) *Zone {
	t.Helper()
	for _, name := range []string{"TZ", "TZDIR"} {
		t.Setenv(name, "") // restores the variable after the test
		os.Unsetenv(name)
	}
	for _, v := range environment(tz, dir)[1:] {
		name, value, _ := strings.Cut(v, "=")
		os.Setenv(name, value)
	}
	return FromEnv()
}

func TestZonesAgainstOracle(t *testing.T) {
	logger.Need(t, oracle)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i, tz := range zones {
		if testing.Short() && i%4 != 0 {
			continue
		}
		z := zoneFor(t, tz, "")
		compare(t, z, tz, "", instants(z, rnd))
	}
}
