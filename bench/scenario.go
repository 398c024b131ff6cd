package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// A scenario is one question, asked of every contender in several cases.
type scenario struct {
	name  string
	title string
	about string // how it is measured, for people, in full sentences
	// figures in the order of the table's columns; the first that leads is
	// the chart's.
	metrics []metric
	cases   func(*bench) []testcase
	// baseline is the contender that ratios are to; share shows them as
	// parts of it rather than as "times better".
	baseline string
	share    bool
	// gains has contenders that lack something, and ratios that say what the
	// baseline gains by having it.
	gains bool
	// copiers race too.
	copiers bool
	// racers are who takes part, if not all contenders.
	racers func(*bench) []contender
}

// A metric is one figure that a run yields.
type metric struct {
	key, title string
	unit       unit
	lower      bool // less is better
	leads      bool // has a chart and a ratio
}

// A testcase is one input and script that all contenders get in turn.
type testcase struct {
	name   string // for -run: words and dashes
	title  string
	note   string  // what people should know
	series string  // cases of one series are a line in the chart, over x
	x      float64 // 0 where there is no axis
	axis   string  // what x is
	rounds int
	// seconds is about how long a run takes, on average over the contenders, with
	// all that is around it: for the time left.
	seconds float64
	// prepare sets up what all runs of the case share, and says what people
	// should know about it; release undoes it. Both may be nil.
	prepare func(context.Context, *bench) (note string, err error)
	release func()
	// skip says why a contender can't take part, or nothing.
	skip func(contender) string
	run  func(context.Context, *bench, contender) (sample, error)
}

// A sample is what one run yields, by metric key. NaN never occurs; a figure
// that does not apply is absent.
type sample map[string]float64

// A unit says how a figure is shown.
type unit string

// The units.
const (
	bytesPerSecond unit = "bytes/s"
	linesPerSecond unit = "lines/s"
	nanoseconds    unit = "ns"
	sizeBytes      unit = "bytes"
	decimalBytes   unit = "B"
	count          unit = "count"
	perSecond      unit = "1/s"
	percent        unit = "%"
)

// show formats a value the way people read it.
func (u unit) show(v float64) string {
	switch u {
	case bytesPerSecond:
		return humanize.Bytes(uint64(max(v, 0))) + "/s"
	case linesPerSecond:
		return humanize.SIWithDigits(v, 2, "") + "/s"
	case nanoseconds:
		return showDuration(v)
	case sizeBytes:
		return humanize.IBytes(uint64(max(v, 0)))
	case decimalBytes:
		return humanize.Bytes(uint64(max(v, 0)))
	case percent:
		return fmt.Sprintf("%s %%", threeDigits(v))
	case perSecond:
		return threeDigits(v) + "/s"
	default:
		return threeDigits(v)
	}
}

// showDuration shows nanoseconds with three digits and the fitting unit.
func showDuration(ns float64) string {
	sign := ""
	if ns < 0 {
		sign, ns = "-", -ns
	}
	for _, step := range []struct {
		unit string
		size time.Duration
	}{{"s", time.Second}, {"ms", time.Millisecond}, {"µs", time.Microsecond}} {
		if ns >= float64(step.size) {
			return sign + threeDigits(ns/float64(step.size)) + " " + step.unit
		}
	}
	return sign + threeDigits(ns) + " ns"
}

// threeDigits shows v with three significant digits, and all digits of what
// is before the point, in groups.
func threeDigits(v float64) string {
	switch abs := max(v, -v); {
	case abs >= 1000:
		return humanize.Comma(int64(v + 0.5))
	case abs >= 100:
		return fmt.Sprintf("%.0f", v)
	case abs >= 10:
		return trimZeros(fmt.Sprintf("%.1f", v))
	case abs >= 0.005:
		return trimZeros(fmt.Sprintf("%.2f", v))
	case abs == 0:
		return "0"
	default:
		return fmt.Sprintf("%.1g", v)
	}
}

func trimZeros(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// showRatio shows "times better", or a share or a gain in percent.
func (s *scenario) showRatio(r float64) string {
	switch {
	case r == 0:
		return "-"
	case s.gains && r == 1: // the baseline itself
		return "-"
	case s.gains:
		return fmt.Sprintf("%+.0f %%", 100*(1/r-1))
	case s.share:
		return fmt.Sprintf("%.0f %%", 100*r)
	case r >= 100:
		return humanize.Comma(int64(r+0.5)) + "x"
	default:
		return threeDigits(r) + "x"
	}
}
