package maillog

import (
	"math/bits"
	"math/rand/v2"
)

// What the exchanger may do at once: tcpserver -c, concurrencylocal and
// concurrencyremote. The templates of the status lines repeat them.
const (
	sessionsMax = 40
	localMax    = 10
	remoteMax   = 120
)

// pidMax is where process ids start again, as on a Linux of 64 bits.
const pidMax = 1 << 22

// Weights of the events: each is as likely as its weight times how many there
// are of what it can happen to. They keep some thirty connections open.
const (
	weightConnect = 96
	weightSession = 10
	weightStart   = 400
	weightLocal   = 12
	weightRemote  = 3
	retryShare    = 16 // deferred deliveries that count as one
)

// triesMax is after how many deferrals a delivery fails for good.
const triesMax = 8

// session is a connection to the SMTP server.
type session struct {
	pid, port  uint64
	peer, host string
	exit       uint64
	mails      int // that are still to come
}

// message is what is in the queue; its index tells its number.
type message struct {
	from   address
	bounce bool // from is empty
	open   int  // recipients that are not done
	failed bool // one of them for good
}

// recipient is a delivery that must be made.
type recipient struct {
	msg   int
	to    address
	tries int
	id    uint64 // of the delivery, while it runs
	peer  string
}

// side is the local or the remote half of qmail-send.
type side struct {
	name    string
	max     int
	waiting []recipient // first come, first served
	active  []recipient
}

// story is the state of the exchanger.
type story struct {
	rnd        *rand.PCG
	pid        uint64
	sessions   []session
	messages   []message
	free       []int // indexes of messages
	firstMsg   uint64
	sides      [2]side
	deferred   [2][]recipient
	deliveries uint64
}

func newStory(rnd *rand.PCG) story {
	return story{
		rnd: rnd, pid: 300 + below(rnd, 30000), firstMsg: 100000 + below(rnd, 900000),
		sides: [2]side{{name: "local", max: localMax}, {name: "remote", max: remoteMax}},
	}
}

// below is a random number in [0, n).
func below(rnd *rand.PCG, n uint64) uint64 {
	hi, _ := bits.Mul64(rnd.Uint64(), n)
	return hi
}

func (s *story) chance(percent uint64) bool { return below(s.rnd, 100) < percent }

func pick[T any](rnd *rand.PCG, from []T) T { return from[below(rnd, uint64(len(from)))] }

func (s *story) newPID() uint64 {
	if s.pid += 1 + below(s.rnd, 4); s.pid >= pidMax {
		s.pid = 300
	}
	return s.pid
}

func (s *story) theirs() address { return address{pick(s.rnd, users[:]), pick(s.rnd, domains[:])} }
func (s *story) ours() address   { return address{pick(s.rnd, users[:]), pick(s.rnd, localDomains[:])} }

// step lets one event happen.
func (g *Generator) step() {
	local, remote := &g.sides[0], &g.sides[1]
	var startLocal, startRemote, connect uint64
	if len(local.waiting) > 0 && len(local.active) < local.max {
		startLocal = weightStart
	}
	if len(remote.waiting) > 0 && len(remote.active) < remote.max {
		startRemote = weightStart
	}
	if len(g.sessions) < sessionsMax {
		connect = weightConnect
	}
	events := [...]struct {
		weight uint64
		happen func(*Generator)
	}{
		{connect, (*Generator).connect},
		{weightSession * uint64(len(g.sessions)), (*Generator).converse},
		{startLocal, func(g *Generator) { g.start(0) }},
		{startRemote, func(g *Generator) { g.start(1) }},
		{weightLocal * uint64(len(local.active)), func(g *Generator) { g.deliver(0) }},
		{weightRemote * uint64(len(remote.active)), func(g *Generator) { g.deliver(1) }},
		{(uint64(len(g.deferred[0])) + retryShare - 1) / retryShare, func(g *Generator) { g.retry(0) }},
		{(uint64(len(g.deferred[1])) + retryShare - 1) / retryShare, func(g *Generator) { g.retry(1) }},
	}
	var total uint64
	for i := range events {
		total += events[i].weight
	}
	at := below(g.rnd, total)
	for i := range events {
		if at < events[i].weight {
			events[i].happen(g)
			return
		}
		at -= events[i].weight
	}
}

// connect accepts a client, or turns it away.
func (g *Generator) connect() {
	c := session{
		pid: g.newPID(), port: 1024 + below(g.rnd, 64000), peer: pick(g.rnd, ips), host: pick(g.rnd, hosts[:]),
		mails: int(below(g.rnd, 5)),
	}
	denied, listed := g.chance(4), g.chance(12)
	g.v = values{pid: c.pid, port: c.port, peer: c.peer, host: c.host, sessions: uint64(len(g.sessions)) + 1}
	g.emit(SMTP, tcpStatus)
	g.emit(SMTP, tcpPID)
	switch {
	case denied:
		g.emit(SMTP, tcpDeny)
		c.exit, c.mails = 100, 0
	case listed:
		g.emit(SMTP, tcpOK)
		g.emit(SMTP, blocked)
		c.mails = 0
	default:
		g.emit(SMTP, tcpOK)
	}
	g.sessions = append(g.sessions, c)
}

// converse lets a client send its next mail, or leave.
func (g *Generator) converse() {
	i := below(g.rnd, uint64(len(g.sessions)))
	c := &g.sessions[i]
	if c.mails > 0 {
		c.mails--
		g.receive(*c)
		return
	}
	if c.exit == 0 && g.chance(3) {
		c.exit = 256 // of a process that exited 1
	}
	g.v = values{pid: c.pid, exit: c.exit, sessions: uint64(len(g.sessions)) - 1}
	g.sessions[i] = g.sessions[len(g.sessions)-1]
	g.sessions = g.sessions[:len(g.sessions)-1]
	g.emit(SMTP, tcpEnd)
	g.emit(SMTP, tcpStatus)
}

// receive lets a client try to send a mail: to us, or through us.
func (g *Generator) receive(c session) {
	m := message{from: g.theirs()}
	where := 0
	to := g.ours()
	if g.chance(60) {
		where = 1
		m.from, to = to, m.from
	}
	g.v = values{pid: c.pid, peer: c.peer, host: c.host, from: m.from, to: to}
	if g.chance(15) {
		g.emit(SMTP, pick(g.rnd, rejection[:]))
		return
	}
	g.emit(SMTP, accepted)
	rcpts := 1
	for g.chance(15) && rcpts < 20 {
		rcpts++
	}
	g.enqueue(m, g.newPID(), 7791, where, to, rcpts)
}

// enqueue gives a message its number and lets its recipients wait.
func (g *Generator) enqueue(m message, qp, uid uint64, where int, to address, rcpts int) {
	m.open = rcpts
	i := len(g.messages)
	if n := len(g.free); n > 0 {
		i, g.free = g.free[n-1], g.free[:n-1]
		g.messages[i] = m
	} else {
		g.messages = append(g.messages, m)
	}
	g.v = values{msg: g.firstMsg + uint64(i), size: 300 + below(g.rnd, 1<<(8+below(g.rnd, 10))), from: m.from, qp: qp, uid: uid}
	g.emit(Send, newMsg)
	g.emit(Send, infoMsg)
	for n := range rcpts {
		if n > 0 {
			to.user = pick(g.rnd, users[:])
		}
		g.sides[where].waiting = append(g.sides[where].waiting, recipient{msg: i, to: to})
	}
}

// start begins the delivery that has waited longest.
func (g *Generator) start(where int) {
	s := &g.sides[where]
	r := s.waiting[0]
	s.waiting = s.waiting[:copy(s.waiting, s.waiting[1:])]
	g.deliveries++
	r.id, r.peer = g.deliveries, pick(g.rnd, ips)
	s.active = append(s.active, r)
	g.v = values{delivery: r.id, msg: g.firstMsg + uint64(r.msg), side: s.name, to: r.to}
	g.emit(Send, starting)
	g.status()
}

func (g *Generator) status() {
	g.v.local, g.v.remote = uint64(len(g.sides[0].active)), uint64(len(g.sides[1].active))
	g.emit(Send, status)
}

// deliver ends one delivery of a side.
func (g *Generator) deliver(where int) {
	s := &g.sides[where]
	i := below(g.rnd, uint64(len(s.active)))
	r := s.active[i]
	s.active[i] = s.active[len(s.active)-1]
	s.active = s.active[:len(s.active)-1]
	m := &g.messages[r.msg]
	g.v = values{
		delivery: r.id, server: r.peer, to: r.to, from: m.from, host: r.to.domain,
		random: below(g.rnd, 1<<31), qp: below(g.rnd, 32768),
	}
	switch outcome := below(g.rnd, 100); {
	case outcome < uint64(8+10*where) && r.tries < triesMax:
		r.tries++
		g.deferred[where] = append(g.deferred[where], r)
		g.emit(Send, pick(g.rnd, deferrals[where]))
		g.status()
		return
	case outcome < uint64(8+10*where):
		m.failed = true
		g.emit(Send, tooLong)
	case outcome >= 95:
		m.failed = true
		g.emit(Send, pick(g.rnd, failures[where]))
	default:
		g.emit(Send, pick(g.rnd, successes[where]))
	}
	g.status()
	if m.open--; m.open == 0 {
		g.finish(r.msg)
	}
}

// finish takes a message out of the queue and bounces it if it must.
func (g *Generator) finish(msg int) {
	m := g.messages[msg]
	g.v = values{msg: g.firstMsg + uint64(msg)}
	bounce := m.failed && !m.bounce
	if bounce {
		g.v.qp = g.newPID()
		g.emit(Send, bounceMsg)
	}
	g.emit(Send, endMsg)
	g.free = append(g.free, msg)
	if bounce {
		where := 0
		for _, d := range domains {
			if d == m.from.domain {
				where = 1
			}
		}
		g.enqueue(message{bounce: true}, g.v.qp, 7796, where, m.from, 1)
	}
}

// retry puts a deferred delivery in line again, the oldest one first.
func (g *Generator) retry(where int) {
	d := &g.deferred[where]
	g.sides[where].waiting = append(g.sides[where].waiting, (*d)[0])
	*d = (*d)[:copy(*d, (*d)[1:])]
}
