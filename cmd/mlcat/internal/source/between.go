package source

import (
	"slices"

	"multilog/internal/logdir"
	"multilog/tai64n"
)

const (
	// maxChecked is how many files of a log, the newest ones, ascends looks into. More are
	// rare, and each costs to be opened.
	maxChecked = 100

	// farSamples is at how many places ascends looks into a file that is not here. Each
	// costs a request.
	farSamples = 3
)

// ascends reports whether the labels ascend from each line to the next, as far as it can
// be seen at little cost. They do not where a clock was set back. It looks into the
// newest 100 files, of each as [logdir.Content.Order] does; of a log that is not here only
// into those in which ends are by their names, which are the ones that are bisected. It
// leaves out files that can only be read from their start.
func (s *Source) ascends(ends ...tai64n.Label) bool {
	var last tai64n.Label
	for i := max(0, len(s.files)-maxChecked); i < len(s.files); i++ {
		if s.isFar && !s.hasEnd(i, ends) {
			continue
		}
		o := s.order(i)
		if o == nil || !o.Labelled {
			continue
		}
		// The name has the time when the file was ended.
		name, named := s.files[i].Until()
		if !o.Ascends || o.First.Before(last) || named && name.Before(o.Last) {
			return false
		}
		last = o.Last
	}
	return true
}

// hasEnd reports whether the name of file i, and that of the file before it, allow that the
// file has one of ends.
func (s *Source) hasEnd(i int, ends []tai64n.Label) bool {
	return slices.ContainsFunc(ends, func(end tai64n.Label) bool {
		if i > 0 {
			if before, named := s.files[i-1].Until(); named && !before.Before(end) {
				return false
			}
		}
		name, named := s.files[i].Until()
		return !named || !name.Before(end)
	})
}

// Span returns the labels of the first and the last labelled line, or nil if there is none. It
// reads only the first and the last file that have labels.
func (s *Source) Span() (first, last *tai64n.Label) {
	for i := 0; i < len(s.files) && first == nil; i++ {
		c := s.Blocks(i)
		if c == nil {
			continue
		}
		if off, labelled, err := c.LowerBound(tai64n.Label{}); err == nil && labelled {
			if line, err := c.LineAt(off); err == nil {
				if label, ok := logdir.Label(line); ok {
					first = &label
				}
			}
		}
	}
	for i := len(s.files) - 1; i >= 0 && first != nil && last == nil; i-- {
		if c := s.Blocks(i); c != nil {
			if label, count, _, err := c.LabelBefore(c.Size()); err == nil && count > 0 {
				last = &label
			}
		}
	}
	return first, last
}

// order returns the order of the labels of file i, or nil if that can't be found without
// reading all of the file.
func (s *Source) order(i int) *logdir.Order {
	e := s.files[i]
	if c := s.Content(i); e.order == nil && c != nil && !c.IsStream() {
		samples := c.QuickSamples()
		if s.isFar {
			samples = farSamples
		}
		if o, err := c.Order(samples); err == nil {
			e.order = &o
		}
	}
	return e.order
}

// Between leaves out the lines that are labelled before since and those that are labelled
// after until. Either may be nil.
//
// A line without a label belongs to the labelled line before it. All lines of a file
// without labels are wanted, unless the file was last written before since.
func (s *Source) Between(since, until *tai64n.Label) {
	var ends []tai64n.Label
	if since != nil {
		ends = append(ends, *since)
	}
	if until != nil {
		ends = append(ends, until.Next())
	}
	if len(ends) == 0 {
		return
	}
	defer s.warnUntimed()
	from, to, ascends := Place{}, Place{len(s.files), 0}, s.ascends(ends...)
	var found []Place
	if ascends && since != nil {
		from = s.bound(*since, false)
		found = append(found, from)
	}
	if ascends && until != nil {
		to = s.bound(until.Next(), true)
		found = append(found, to)
	}
	ascends = ascends && s.ascendsNear(found)
	if !ascends {
		s.keep(s.choose(since, until))
		return
	}
	s.StartAt(from)
	s.EndAt(to)
}

// ascendsNear reports whether the labels near places ascend, and notes it if they do not: a
// step back that ascends does not see may show there. The places are in order.
func (s *Source) ascendsNear(places []Place) bool {
	for n := 0; n < len(places); n++ {
		p := places[n]
		if p.Off == 0 && p.File > 0 { // the end of the file before
			p.File--
			if c := s.Content(p.File); c != nil {
				p.Off = max(0, c.Size())
			}
		}
		if p.File == len(s.files) || s.Content(p.File) == nil {
			continue
		}
		c := s.Content(p.File)
		near := c.Near()
		from, to := p.Off-near, p.Off+near
		if n+1 < len(places) && places[n+1].File == p.File && places[n+1].Off <= to {
			n++
			to = places[n].Off + near
		}
		if !s.ascendsBetween(p.File, from, to) ||
			from < 0 && p.File > 0 && !s.ascendsAtEnd(p.File-1) ||
			to > c.Size() && p.File+1 < len(s.files) && !s.ascendsBetween(p.File+1, 0, near) {
			return false
		}
	}
	return true
}

// ascendsAtEnd does what ascendsBetween does, near the end of file i.
func (s *Source) ascendsAtEnd(i int) bool {
	c := s.Content(i)
	return c == nil || s.ascendsBetween(i, c.Size()-c.Near(), c.Size())
}

// ascendsBetween reports whether the labels in file i from byte from to byte to ascend, as
// far as can be seen, and notes it if they do not.
func (s *Source) ascendsBetween(i int, from, to int64) bool {
	o := s.order(i)
	if o == nil || o.Whole || !o.Ascends {
		return o == nil || o.Ascends
	}
	c := s.Content(i)
	var err error
	if o.IsQuick() && !s.isFar {
		*o, err = c.Order(logdir.OrderSamples)
	}
	if err == nil && o.Ascends {
		o.Ascends, err = c.AscendsBetween(from, to)
	}
	if err != nil {
		s.warn(s.ReadError(i, err))
	}
	return o.Ascends
}

// warnUntimed warns if lines without times were seen, and none with one.
func (s *Source) warnUntimed() {
	if s.untimed && !s.timed {
		s.warn(Untimed{s.path})
	}
}

// Find returns the place of the first line that is labelled, and not before label. If
// labels step back it returns that of the first line with label, and exact is false if there
// is none.
func (s *Source) Find(label tai64n.Label) (p Place, exact bool) {
	if s.ascends(label) {
		return s.bound(label, false), true
	}
	parts := s.choose(&label, &label)
	for _, p := range parts {
		if c := s.Blocks(p.From.File); c != nil {
			if line, err := c.LineAt(p.From.Off); err == nil {
				if l, ok := logdir.Label(line); ok && l == label {
					return p.From, true
				}
			}
		}
	}
	return Place{}, false
}

// keep leaves out what is in none of parts, which are in order.
func (s *Source) keep(parts []Part) {
	from, to := s.parts[0].From, s.End()
	if len(parts) == 0 {
		s.EndAt(from)
		return
	}
	s.parts = parts
	s.StartAt(from)
	s.EndAt(to)
	for _, p := range s.parts { // a stream can't be read in part
		for _, at := range []Place{p.From, p.To} {
			if at.Off > 0 {
				s.Blocks(at.File)
			}
		}
	}
}

// choose returns the parts whose lines are labelled from since to until. It bisects a file
// if its labels ascend as far as [logdir.Content.Order] has seen. It reads all other files
// from their start to their end. If labels step back within any file, its logger does not
// begin a new file there, and may have gone back elsewhere between the labels that Order
// has seen: then choose reads all files of which Order has not seen all labels.
func (s *Source) choose(since, until *tai64n.Label) []Part {
	c := chooser{since: since, until: until, in: since == nil}
	for i := range s.files {
		o := s.order(i)
		c.within = c.within || o != nil && !o.Ascends
	}
	for i := range s.files {
		if err := c.file(s, i); err != nil {
			s.warn(s.ReadError(i, err))
		}
	}
	c.turn(Place{len(s.files), 0}, false)
	return c.parts
}

// A chooser goes over the lines of a log and notes where those that are wanted begin and
// end.
type chooser struct {
	since, until *tai64n.Label
	within       bool // labels step back within a file
	in           bool // the last line is wanted
	from         Place
	parts        []Part
}

// turn notes whether the lines from p on are wanted.
func (c *chooser) turn(p Place, in bool) {
	switch {
	case in && !c.in:
		c.from = p
	case !in && c.in && c.from.Before(p):
		c.parts = append(c.parts, Part{c.from, p})
	}
	c.in = in
}

// wants reports whether lines with label are wanted.
func (c *chooser) wants(label tai64n.Label) bool {
	return (c.since == nil || !label.Before(*c.since)) && (c.until == nil || !c.until.Before(label))
}

// file goes over file i of s.
func (c *chooser) file(s *Source, i int) error {
	content := s.Content(i)
	if content == nil {
		return nil
	}
	o := s.order(i)
	if o != nil && o.Labelled && o.Ascends && (o.Whole || !c.within) {
		done, err := c.ascending(s, content, i)
		if done || err != nil {
			s.timed = true
			return err
		}
	}
	labelled, empty := false, true
	err := content.EachLine(func(off int64, label tai64n.Label, ok bool) {
		if empty = false; ok {
			labelled = true
			c.turn(Place{i, off}, c.wants(label))
		}
	})
	s.timed = s.timed || labelled
	if !labelled && !empty {
		s.untimed = true
		last, named := s.files[i].Until()
		old := c.since != nil && (named && last.Before(*c.since) || !named && s.writtenBefore(i, *c.since))
		c.turn(Place{i, 0}, !old)
	}
	return err
}

// ascending goes over file i, whose labels ascend. It returns false if they do not near the
// places that it finds.
func (c *chooser) ascending(s *Source, content *logdir.Content, i int) (done bool, err error) {
	first, _, err := content.LowerBound(tai64n.Label{})
	from, to := first, content.Size()
	near := content.Near()
	ascends := true
	if err == nil && c.since != nil {
		from, _, err = content.LowerBound(*c.since)
		ascends = s.ascendsBetween(i, from-near, from+near)
	}
	if err == nil && c.until != nil {
		to, _, err = content.LowerBound(c.until.Next())
		ascends = ascends && s.ascendsBetween(i, to-near, to+near)
	}
	if err != nil || !ascends {
		return false, err
	}
	c.turn(Place{i, first}, from == first && from < to)
	if from < to {
		c.turn(Place{i, from}, true)
		if to < content.Size() {
			c.turn(Place{i, to}, false)
		}
	}
	return true, nil
}
