package rotate

// age rotates current when it is old (a). The age counts from the first line of
// it, which the lock page tells the next logger; this one counts by Mono, which
// nobody sets.
type age struct {
	d    *Dir
	most int64 // nanoseconds; 0 for no limit
	ripe int64 // Mono at which current is old enough; 0 if it is empty, or without a limit
}

// reset notes that current is a new file.
func (a *age) reset() { a.ripe = 0 }

// wrote notes that current was written to.
func (a *age) wrote() {
	if a.most > 0 && a.ripe == 0 {
		a.beginAt(a.d.now())
	}
}

// beginAt notes when current's first line came, in nanoseconds since 1970.
func (a *age) beginAt(since int64) {
	a.ripenAfter(a.d.now() - since)
	a.d.noteAge(since)
}

// ripenAfter notes how old current's first line is, in nanoseconds.
func (a *age) ripenAfter(age int64) { a.ripe = max(a.d.mono()+a.most-age, 1) }

// take finds out since when the current that was opened, which is not empty, has
// lines: since noted, says the lock page, 0 if it does not say; or else since
// birth, 0 if that is not known either.
func (a *age) take(noted, birth int64) {
	if a.most == 0 {
		return
	}
	now := a.d.now()
	if noted != 0 && noted <= now {
		a.ripenAfter(now - noted)
		return
	}
	if birth == 0 || birth > now {
		birth = now
	}
	a.beginAt(birth)
}

// deadline returns the Mono at which current is to be rotated; 0 for never.
func (a *age) deadline() int64 { return a.ripe }
