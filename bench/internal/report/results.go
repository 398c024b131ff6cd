package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

// Results is everything that a run of this program has found out.
type Results struct {
	Machine    Machine               `json:"machine"`
	Contenders []contender.Contender `json:"contenders"`
	Missing    []string              `json:"missing,omitempty"` // who does not race, and why
	Quick      bool                  `json:"quick,omitempty"`
	Scenarios  []race.Result         `json:"scenarios"`
}

// Read reads results that WriteJSON or WriteHTML has written.
func Read(path string) (Results, error) {
	var res Results
	text, err := os.ReadFile(path)
	if err != nil {
		return res, err
	}
	if err := json.Unmarshal(text, &res); err != nil {
		return res, fmt.Errorf("%s: %w", path, err)
	}
	if slices.ContainsFunc(res.Scenarios, func(s race.Result) bool { return len(s.Metrics) == 0 }) {
		return res, fmt.Errorf("%s: it does not say what was measured: an older version of this program wrote it", path)
	}
	return res, nil
}

// WriteJSON writes the results to w.
func (r Results) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(r)
}
