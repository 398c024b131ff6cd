package race

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// A Unit says how a number is shown.
type Unit string

// The units.
const (
	BytesPerSecond Unit = "bytes/s"
	LinesPerSecond Unit = "lines/s"
	Nanoseconds    Unit = "ns"
	BinaryBytes    Unit = "bytes" // in KiB, MiB
	DecimalBytes   Unit = "B"     // in kB, MB
	Count          Unit = "count"
	PerSecond      Unit = "1/s"
	Percent        Unit = "%"
)

// Show formats a number with its unit, in three digits.
func (u Unit) Show(v float64) string {
	switch u {
	case BytesPerSecond:
		return humanize.Bytes(uint64(max(v, 0))) + "/s"
	case LinesPerSecond:
		return humanize.SIWithDigits(v, 2, "") + "/s"
	case Nanoseconds:
		return showDuration(v)
	case BinaryBytes:
		return humanize.IBytes(uint64(max(v, 0)))
	case DecimalBytes:
		return humanize.Bytes(uint64(max(v, 0)))
	case Percent:
		return ThreeDigits(v) + " %"
	case PerSecond:
		return ThreeDigits(v) + "/s"
	default:
		return ThreeDigits(v)
	}
}

// showDuration shows nanoseconds in the unit that fits.
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
			return sign + ThreeDigits(ns/float64(step.size)) + " " + step.unit
		}
	}
	return sign + ThreeDigits(ns) + " ns"
}

// ThreeDigits shows v with three significant digits, and all digits before the
// point, in groups.
func ThreeDigits(v float64) string {
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

// Title returns the heading over ratios to a baseline.
func (c Comparison) Title(baseline string) string {
	switch c {
	case Gain:
		return "gain of it"
	case Share:
		return "of " + baseline
	}
	return "vs " + baseline
}

// Show formats a ratio: "2.5x", "80 %" of the baseline's, or a gain of "+25 %".
// It is "-" where there is none.
func (c Comparison) Show(ratio float64) string {
	switch {
	case ratio == 0, c == Gain && ratio == 1: // the baseline itself
		return "-"
	case c == Gain:
		return fmt.Sprintf("%+.0f %%", 100*(1/ratio-1))
	case c == Share:
		return fmt.Sprintf("%.0f %%", 100*ratio)
	case ratio >= 100:
		return humanize.Comma(int64(ratio+0.5)) + "x"
	default:
		return ThreeDigits(ratio) + "x"
	}
}
