package render

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"multilog/cmd/mlcat/internal/leap"
	"multilog/internal/logdir"
	"multilog/internal/visible"
	"multilog/tai64n"
)

// jsonFormat prints {"time":...,"label":...,"line":...}. A line without a label has no
// time and no label. Bytes that are not UTF-8 become U+FFFD.
type jsonFormat struct{ tai bool } // labels count leap seconds

func newJSON(s *Style) formatter { return jsonFormat{s.TAI} }

func (j jsonFormat) appendLine(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	dst = append(dst, '{')
	if labelled {
		utc := label
		if j.tai {
			utc = leap.FromTAI(label)
		}
		dst = append(dst, `"time":"`...)
		dst = utc.Time().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, `","label":"`...)
		dst = append(dst, line[:tai64n.Len]...)
		dst = append(dst, `",`...)
	}
	dst = append(dst, `"line":`...)
	return append(appendString(dst, line[logdir.LineHead(line):]), '}')
}

// appendString appends text as a JSON string that cannot control a terminal.
func appendString(dst, text []byte) []byte {
	for _, b := range text {
		if b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			return appendQuoted(dst, string(text))
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendQuoted is appendString for text with characters to escape. It also escapes DEL
// and C1 control characters, which encoding/json leaves as they are.
func appendQuoted(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // cannot happen: any string can be encoded
	}
	for _, c := range string(quoted) {
		if visible.Steers(c) {
			dst = fmt.Appendf(dst, `\u%04x`, c)
		} else {
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}
