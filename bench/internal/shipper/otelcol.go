package shipper

import (
	"fmt"
	"os"
	"path/filepath"
)

// otelSends reads current and finished files, which the collector tells apart by their
// beginnings, keeps positions and what is not sent yet on disk, and sends in order.
const otelSends = `extensions:
  file_storage: {directory: %[1]s/position, fsync: true}
receivers:
  filelog: {include: ['%[3]s/current', '%[3]s/@*.s'], start_at: beginning, storage: file_storage, poll_interval: 100ms}
exporters:
  otlp:
    endpoint: 127.0.0.1:%[2]d
    tls: {insecure: true}
    retry_on_failure: {max_elapsed_time: 0, initial_interval: 500ms, max_interval: 5s}
    sending_queue: {storage: file_storage, block_on_overflow: true, num_consumers: 1}
service:
  telemetry: {metrics: {level: none}}
  extensions: [file_storage]
  pipelines:
    logs: {receivers: [filelog], exporters: [otlp]}
`

const otelTakes = `receivers:
  otlp: {protocols: {grpc: {endpoint: '127.0.0.1:%[2]d'}}}
exporters:
  file: {path: %[1]s/taken, append: true, flush_interval: 100ms}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    logs: {receivers: [otlp], exporters: [file]}
`

// otelcol returns the OpenTelemetry collector, which sends to another one.
func otelcol() Kind {
	return Kind{Name: "OpenTelemetry", Peer: true, needs: []string{"otelcol"}, install: "scripts/fleet-peers otelcol",
		setUp: func(s setUp) (*Rig, error) {
			var processes []*Process
			for _, side := range []struct{ name, text string }{
				{"take", fmt.Sprintf(otelTakes, filepath.Join(s.dir, "take"), s.port)},
				{"send", fmt.Sprintf(otelSends, filepath.Join(s.dir, "send"), s.link.Port(), s.log)},
			} {
				dir := filepath.Join(s.dir, side.name)
				if err := os.MkdirAll(filepath.Join(dir, "position"), 0o755); err != nil {
					return nil, err
				}
				if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(side.text), 0o600); err != nil {
					return nil, err
				}
				p, err := newProcess(dir, nil, s.path("otelcol"), "--config", filepath.Join(dir, "conf"))
				if err != nil {
					return nil, err
				}
				processes = append(processes, p)
			}
			taken := filepath.Join(s.dir, "take/taken")
			return &Rig{Server: processes[0], Shipper: processes[1], newest: follow(taken), all: readAll(taken)}, nil
		}}
}
