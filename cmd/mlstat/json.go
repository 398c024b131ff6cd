package main

import (
	"encoding/json"
	"io"
	"time"
)

// An object is what --json writes of a directory. Times are in seconds.
type object struct {
	Dir     string    `json:"dir"`
	Alive   bool      `json:"alive"`
	PID     int       `json:"pid,omitempty"`
	Other   int       `json:"other_pid,omitempty"` // the process of another program that holds the directory
	Started time.Time `json:"started,omitzero"`
	Backend string    `json:"io,omitempty"`

	Metrics map[string]float64 `json:"metrics,omitempty"`
	Files   []fileObject       `json:"files,omitempty"`
}

// fileObject is a file that is full and not safe yet.
type fileObject struct {
	Label   string    `json:"label"`
	Stage   string    `json:"stage"`
	Failing bool      `json:"failing,omitempty"`
	Since   time.Time `json:"since"`
}

// writeJSON writes one object for each directory, each on a line.
func writeJSON(w io.Writer, looks []look) {
	e := json.NewEncoder(w)
	for _, l := range looks {
		o := object{Dir: l.Dir, Alive: l.Alive, PID: l.PID, Started: l.Started, Backend: l.Backend}
		if !l.Alive {
			o.Other = l.Holder.PID
		}
		if l.PID != 0 {
			o.Metrics = map[string]float64{}
			for _, m := range metrics {
				o.Metrics[m.name] = m.value(l)
			}
		}
		for _, f := range l.Files {
			o.Files = append(o.Files, fileObject{Label: f.Label.String(), Stage: f.Stage.String(), Failing: f.Failing, Since: f.Since})
		}
		_ = e.Encode(o)
	}
}
