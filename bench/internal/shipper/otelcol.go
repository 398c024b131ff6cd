package shipper

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
			return twoSides(s, otelTakes, otelSends, func(conf string) []string {
				return []string{s.path("otelcol"), "--config", conf}
			})
		}}
}
