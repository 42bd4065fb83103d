package systemtest

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A flood is what hostile clients do at once: each does its attack with a connection of its own, and again with another
// until the flood ends.
type flood struct {
	clients int
	attack  func(*hostileClient) error // returns early when the server cuts the connection
	cut     time.Duration              // when the server has cut all; 0: later than is waited for here, see TestSlowClientsAreCutInTime
}

// A hostileClient does the attacks of a flood, one after the other.
type hostileClient struct {
	net.Conn                 // of this attack
	holds    func()          // says that the client has its hold on the server
	over     <-chan struct{} // closed when the flood ends
}

type runningFlood struct {
	flood
	began   time.Time
	over    chan struct{}
	running sync.WaitGroup
	attacks atomic.Int64 // that have ended
}

// begin lets the clients loose and returns when each has its hold on the server.
func (f flood) begin(t *testing.T, url string) *runningFlood {
	t.Helper()
	r := &runningFlood{flood: f, began: time.Now(), over: make(chan struct{})}
	var holding sync.WaitGroup
	holding.Add(f.clients)
	for range f.clients {
		r.running.Go(func() {
			holds := sync.OnceFunc(holding.Done)
			defer holds()
			for r.isOn() {
				if err := r.attackOnce(strings.TrimPrefix(url, "http://"), holds); err != nil && r.isOn() {
					t.Error(err)
					return
				}
				select {
				case <-r.over:
				case <-time.After(time.Second):
				}
			}
		})
	}
	holding.Wait()
	return r
}

func (r *runningFlood) isOn() bool {
	select {
	case <-r.over:
		return false
	default:
		return true
	}
}

func (r *runningFlood) attackOnce(address string, holds func()) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-r.over:
		case <-ended:
		}
		connection.Close()
	}()
	err = r.attack(&hostileClient{connection, holds, r.over})
	r.attacks.Add(1)
	return err
}

// waitUntilCut waits until the server has ended as many attacks as there are clients, if there is a time for that.
func (r *runningFlood) waitUntilCut(t *testing.T) {
	t.Helper()
	if r.cut == 0 {
		return
	}
	for r.attacks.Load() < int64(r.flood.clients) {
		if time.Since(r.began) > 2*r.cut {
			t.Errorf("%v after the begin the server has ended %d of %d attacks", 2*r.cut, r.attacks.Load(), r.flood.clients)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// end makes the clients go away, and tells how many attacks the server had ended.
func (r *runningFlood) end() int64 {
	ended := r.attacks.Load()
	close(r.over)
	r.running.Wait()
	return ended
}
