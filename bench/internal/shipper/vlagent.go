package shipper

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"multilog/internal/test/ports"
)

// vlagent returns VictoriaLogs' agent, into VictoriaLogs. It follows current: old files
// would come twice.
func vlagent() Kind {
	return Kind{Name: "vlagent", Peer: true, needs: []string{"vlagent", "victoria-logs"}, install: "scripts/fleet-peers vlagent victoria-logs",
		setUp: func(s setUp) (*Rig, error) {
			server, err := newProcess(s.dir, nil, s.path("victoria-logs"), "-storageDataPath="+filepath.Join(s.dir, "data"),
				fmt.Sprintf("-httpListenAddr=127.0.0.1:%d", s.port), "-retentionPeriod=1y")
			if err != nil {
				return nil, err
			}
			own, err := ports.Free()
			if err != nil {
				return nil, err
			}
			shipper, err := newProcess(s.dir, nil, s.path("vlagent"), fmt.Sprintf("-httpListenAddr=127.0.0.1:%d", own),
				"-fileCollector.glob="+filepath.Join(s.log, "current"), "-fileCollector.checkpointsPath="+filepath.Join(s.dir, "position"),
				"-fileCollector.refreshInterval=1s", "-remoteWrite.tmpDataPath="+filepath.Join(s.dir, "queue"),
				fmt.Sprintf("-remoteWrite.url=http://127.0.0.1:%d/insert/native", s.link.Port()))
			if err != nil {
				return nil, err
			}
			v := victoria(s.port)
			newest := func(ctx context.Context) (int, error) {
				text, err := v.ask(ctx, "* | stats max(_msg) _msg") // labels are as long as each other
				if err != nil {
					return -1, nil // it may just have been killed
				}
				newest := -1
				for _, n := range Numbers(text) {
					newest = max(newest, n)
				}
				return newest, nil
			}
			all := func(ctx context.Context) ([]int, error) {
				text, err := v.ask(ctx, "* | sort by (_time) | fields _msg")
				return Numbers(text), err
			}
			return &Rig{Shipper: shipper, Server: server, newest: newest, all: all}, nil
		}}
}

// victoria is the port of a VictoriaLogs on loopback.
type victoria int

// ask returns the answer to a query.
func (v victoria) ask(ctx context.Context, query string) ([]byte, error) {
	body := url.Values{"query": {query}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://127.0.0.1:%d/select/logsql/query", v), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("VictoriaLogs: %s: %s", answer.Status, text)
	}
	return text, err
}
