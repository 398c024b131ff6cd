package cmdline

import "strings"

// nearest returns the word of an option that is likely to be meant by word, or "".
func (p *parser) nearest(word string) string {
	words := make([]string, 0, len(p.options))
	for _, opt := range p.options {
		words = append(words, opt.Word)
	}
	return Nearest(word, words)
}

// Nearest returns the one of the words that is most like word, or "" if none is: at most
// one letter in three is missing, too many, another, or in its neighbour's place.
func Nearest(word string, words []string) string {
	best, found := len(word)/3+1, ""
	for _, w := range words {
		if d := distance(word, w); d < best {
			best, found = d, w
		}
	}
	return found
}

// distance returns how many letters differ between a and b: the least number of letters
// that are left out, put in, replaced, or exchanged with their neighbour.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Either returns the words as a list: a, b or c.
func Either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
