package systemtest

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A flood is an attack by concurrent clients. Each client repeats the attack,
// every time with a new connection, until the flood ends.
type flood struct {
	clients int
	attack  func(*hostileClient) error // returns when the server closes the connection
	// closedAfter is the time after which the server has closed all connections.
	// If zero, it is too long to wait for here; see TestServer_ClosesSlowClients.
	closedAfter time.Duration
}

// A hostileClient runs one attack.
type hostileClient struct {
	net.Conn
	ready func()          // called when the client occupies the server
	done  <-chan struct{} // closed when the flood ends
}

type runningFlood struct {
	flood
	start time.Time
	done  chan struct{}
	wg    sync.WaitGroup // of the clients
	ended atomic.Int64   // number of attacks
}

// begin starts the clients and returns when all of them occupy the server.
func (f flood) begin(t *testing.T, url string) *runningFlood {
	t.Helper()
	r := &runningFlood{flood: f, start: time.Now(), done: make(chan struct{})}
	var starting sync.WaitGroup
	starting.Add(f.clients)
	for range f.clients {
		r.wg.Go(func() {
			ready := sync.OnceFunc(starting.Done)
			defer ready()
			for r.isRunning() {
				if err := r.attackOnce(strings.TrimPrefix(url, "http://"), ready); err != nil && r.isRunning() {
					t.Error(err)
					return
				}
				select {
				case <-r.done:
				case <-time.After(time.Second):
				}
			}
		})
	}
	starting.Wait()
	return r
}

func (r *runningFlood) isRunning() bool {
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

func (r *runningFlood) attackOnce(addr string, ready func()) error {
	connection, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-r.done:
		case <-ended:
		}
		connection.Close()
	}()
	err = r.attack(&hostileClient{connection, ready, r.done})
	r.ended.Add(1)
	return err
}

// waitUntilClosed waits until the server has ended as many attacks as there are
// clients, if closedAfter is set.
func (r *runningFlood) waitUntilClosed(t *testing.T) {
	t.Helper()
	if r.closedAfter == 0 {
		return
	}
	for r.ended.Load() < int64(r.flood.clients) {
		if time.Since(r.start) > 2*r.closedAfter {
			t.Errorf("connections closed after %v: got %d, want %d", 2*r.closedAfter, r.ended.Load(), r.flood.clients)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// end stops the clients and returns the number of attacks that the server ended.
func (r *runningFlood) end() int64 {
	ended := r.ended.Load()
	close(r.done)
	r.wg.Wait()
	return ended
}
