package rotate

import "testing"

// What goes wrong otherwise while something is noted goes on going wrong.
func TestNoteIsNoExcuse(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a mistake is taken for a fault")
		}
	}()
	stored(&Page{}, func(page *Page) { page.Latest = uint64([]int{}[page.Latest]) })
}
