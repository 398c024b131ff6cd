package maillog

import (
	"fmt"
	"strconv"
	"strings"
)

// address is a mail address.
type address struct{ user, domain string }

// values are all values that a line can contain; compile has their names.
type values struct {
	pid, port, exit, sessions    uint64 // of tcpserver
	msg, size, qp, uid, delivery uint64 // of qmail-send
	local, remote, random        uint64
	peer, host                   string // the client's address and name
	server                       string // the other side of a remote delivery
	from, to                     address
	side                         string // local or remote
}

// part is a piece of text and what follows it.
type part struct {
	text string
	num  func(*values) uint64
	str  func(*values) string
	addr func(*values) *address
}

// template is a line, with its newline, in which values are missing.
type template []part

var numbers = map[string]func(*values) uint64{
	"pid": func(v *values) uint64 { return v.pid }, "port": func(v *values) uint64 { return v.port },
	"exit": func(v *values) uint64 { return v.exit }, "sessions": func(v *values) uint64 { return v.sessions },
	"msg": func(v *values) uint64 { return v.msg }, "size": func(v *values) uint64 { return v.size },
	"qp": func(v *values) uint64 { return v.qp }, "uid": func(v *values) uint64 { return v.uid },
	"delivery": func(v *values) uint64 { return v.delivery }, "random": func(v *values) uint64 { return v.random },
	"nlocal": func(v *values) uint64 { return v.local }, "nremote": func(v *values) uint64 { return v.remote },
}

var stringsOf = map[string]func(*values) string{
	"peer": func(v *values) string { return v.peer }, "host": func(v *values) string { return v.host },
	"server": func(v *values) string { return v.server }, "side": func(v *values) string { return v.side },
}

var addresses = map[string]func(*values) *address{
	"from": func(v *values) *address { return &v.from }, "to": func(v *values) *address { return &v.to },
}

// compile turns a line whose values stand in braces into a template.
func compile(line string) template {
	var t template
	for rest := line + "\n"; rest != ""; {
		text, after, found := strings.Cut(rest, "{")
		p := part{text: text}
		if found {
			var name string
			name, after, _ = strings.Cut(after, "}")
			p.num, p.str, p.addr = numbers[name], stringsOf[name], addresses[name]
			if p.num == nil && p.str == nil && p.addr == nil {
				panic(fmt.Sprintf("maillog: no value {%s} for the line %q", name, line))
			}
		}
		t, rest = append(t, p), after
	}
	return t
}

func (t template) append(dst []byte, v *values) []byte {
	for i := range t {
		p := &t[i]
		dst = append(dst, p.text...)
		switch {
		case p.num != nil:
			dst = strconv.AppendUint(dst, p.num(v), 10)
		case p.str != nil:
			dst = append(dst, p.str(v)...)
		case p.addr != nil:
			if a := p.addr(v); a.domain != "" {
				dst = append(dst, a.user...)
				dst = append(dst, '@')
				dst = append(dst, a.domain...)
			}
		}
	}
	return dst
}
