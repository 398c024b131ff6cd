package main

import (
	"encoding/json"
	"io"
	"time"

	"multilog/rotate/lockpage"
)

// An object is what --json writes of a directory. Times are in seconds.
type object struct {
	Dir     string    `json:"dir"`
	Alive   bool      `json:"alive"`
	PID     int       `json:"pid,omitempty"`
	Other   int       `json:"other_pid,omitempty"` // the process of another program that holds the directory
	Started time.Time `json:"started,omitzero"`
	Backend string    `json:"io,omitempty"`

	Metrics    map[string]float64         `json:"metrics,omitempty"`
	Histograms map[string]histogramObject `json:"histograms,omitempty"`
	Rates      []float64                  `json:"rates,omitempty"` // lines per second, every 5 seconds, the oldest first
	Trouble    []string                   `json:"trouble,omitempty"`
	Files      []fileObject               `json:"files,omitempty"`
}

// histogramObject is a histogram.
type histogramObject struct {
	Bounds []float64 `json:"bounds"` // of all buckets but the last
	Counts []uint64  `json:"counts"` // in each bucket
	Sum    float64   `json:"sum"`
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
		_ = e.Encode(objectOf(l))
	}
}

func objectOf(l look) object {
	o := object{Dir: l.Dir, Alive: l.Alive, PID: l.PID, Started: l.Started, Backend: l.Backend, Trouble: troubles(l)}
	if !l.Alive {
		o.Other = l.Holder.PID
	}
	if l.PID == 0 {
		return o
	}
	o.Metrics, o.Histograms = map[string]float64{}, map[string]histogramObject{}
	for _, m := range metrics {
		if m.histogram == nil {
			o.Metrics[m.name] = m.value(l)
			continue
		}
		h := m.histogram(&l.Activity)
		ho := histogramObject{Counts: h.Buckets[:], Sum: float64(h.Sum) / 1e9}
		for _, bound := range lockpage.Bounds {
			ho.Bounds = append(ho.Bounds, seconds(bound))
		}
		o.Histograms[m.name] = ho
	}
	if l.Alive {
		o.Rates = l.RatesBefore(l.at)
	}
	for _, f := range l.Files {
		o.Files = append(o.Files, fileObject{Label: f.Label.String(), Stage: f.Stage.String(), Failing: f.Failing, Since: f.Since})
	}
	return o
}
