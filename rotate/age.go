package rotate

// age rotates current when it is old (word a). The age counts from the first line in
// current. The lock page stores the time of that line for the next logger; this logger
// counts by Mono, which no one can set.
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

// beginAt notes the time of current's first line, in nanoseconds since 1970.
func (a *age) beginAt(since int64) {
	a.ripenAfter(a.d.now() - since)
	a.d.noteAge(since)
}

// ripenAfter notes the age of current's first line, in nanoseconds.
func (a *age) ripenAfter(age int64) { a.ripe = max(a.d.mono()+a.most-age, 1) }

// take determines the age of a current that was opened and is not empty. noted is the
// time of its first line according to the lock page, or 0; birth is the time at which
// the file was made, or 0. It uses noted if it can, else birth.
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

// deadline returns the Mono at which current must be rotated, or 0 for never.
func (a *age) deadline() int64 { return a.ripe }
