package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestAwait(t *testing.T) {
	port, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	if err := Await(t.Context(), port, 0); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("before anything listens: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := Await(ended, port, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Await(t.Context(), port, time.Minute); err != nil {
		t.Error(err)
	}
}
