package main

var limit = &scenario{
	name:     "limit",
	title:    "how near to a bare copier",
	baseline: peekCopierName,
	share:    true,
	copiers:  true,
	about: "The copier that peeks does what a logger must do that loses nothing when it is killed, and no more: tee the pipe, read the copy, write it to a " +
		"preallocated file, then take the bytes from the pipe. The plain one reads and writes. Two more peek, and use what our logger does not: one has splice move the pages " +
		"from the pipe to the file, one writes with RWF_DONTCACHE, so that the pages do not stay in memory. None looks at a byte. Input comes through a pipe in 64 KB writes.",
	metrics: throughputMetrics[:4],
	cases: func(b *bench) []testcase {
		var cases []testcase
		for _, l := range loads[:2] {
			tc := feedings[0].testcase(b, l)
			tc.name, tc.title = l.name, l.title
			tc.skip = func(c contender) string {
				if c.Family == familyUncached {
					return uncachedRefused(b.dir)
				}
				return ""
			}
			tc.seconds *= 0.5 // copiers are fast
			cases = append(cases, tc)
		}
		return cases
	},
}
