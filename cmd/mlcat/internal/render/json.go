package render

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"multilog/cmd/mlcat/internal/leap"
	"multilog/internal/logdir"
	"multilog/internal/visible"
	"multilog/tai64n"
)

// jsonFormat prints {"time":...,"label":...,"dir":...,"host":...,"log":...,"line":...}. A line
// without a label has none, and no time unless it begins with another stamp, which stays in line.
// host is there only if it is known. Bytes that are not UTF-8 become U+FFFD; then "base64" has the bytes of the line.
type jsonFormat struct{ tai bool } // labels count leap seconds

func newJSON(s *Style) formatter { return jsonFormat{s.TAI} }

func (j jsonFormat) appendLine(dst, line []byte, label tai64n.Label, labelled bool, origin []byte) []byte {
	dst = append(dst, '{')
	utc, timed := label, labelled
	switch {
	case !labelled:
		utc, timed = logdir.Label(line)
	case j.tai:
		utc = leap.FromTAI(label)
	}
	if timed {
		dst = append(dst, `"time":"`...)
		dst = utc.Time().AppendFormat(dst, "2006-01-02T15:04:05.000000000Z07:00")
		dst = append(dst, `",`...)
	}
	if labelled {
		dst = append(dst, `"label":"`...)
		dst = append(dst, line[:tai64n.Len]...)
		dst = append(dst, `",`...)
	}
	dst = append(dst, origin...)
	dst = append(dst, `"line":`...)
	text := line[logdir.LineHead(line):]
	dst = appendString(dst, text)
	if !utf8.Valid(text) {
		dst = append(dst, `,"base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, text)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// fieldsOf returns the fields of each line that tell which log it is from.
func fieldsOf(s *Style, log int) []byte {
	l := s.Logs[log]
	var dst []byte
	for _, field := range []struct{ key, value string }{{"dir", l.Dir}, {"host", l.Host}, {"log", l.Log}} {
		if field.value != "" {
			dst = append(dst, '"')
			dst = append(dst, field.key...)
			dst = append(dst, `":`...)
			dst = append(appendString(dst, []byte(field.value)), ',')
		}
	}
	return dst
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
