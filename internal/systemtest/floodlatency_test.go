package systemtest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/store/boltstore"
)

// maxSlowdown is how many times longer an ordinary client's request may take during a flood.
const maxSlowdown = 10

// leastTime is what is never too slow, for the median and the 95th percentile: other work on the machine can take as long.
var leastTime = [2]time.Duration{5 * time.Millisecond, 25 * time.Millisecond}

// times are the median and the 95th percentile of what requests take.
type times struct{ get, post [2]time.Duration }

func (t times) String() string {
	return fmt.Sprintf("GET %v and %v, POST %v and %v", t.get[0], t.get[1], t.post[0], t.post[1])
}

// slowerThan says which of the times is much longer than in calm; "" is none.
func (t times) slowerThan(calm times) string {
	for i, name := range []string{"the median", "the 95th percentile"} {
		for method, c := range map[string]struct{ now, calm time.Duration }{"GET": {t.get[i], calm.get[i]}, "POST": {t.post[i], calm.post[i]}} {
			if c.now > max(maxSlowdown*c.calm, leastTime[i]) {
				return fmt.Sprintf("%s of %s is %v, in calm %v", name, method, c.now, c.calm)
			}
		}
	}
	return ""
}

// measureAgain measures until the times are not slower than in calm, at most a few times, since other work on the machine
// can only make them longer. It returns the last times and what slowerThan says of them.
func measureAgain(t *testing.T, url string, calm times) (flooded times, slow string) {
	t.Helper()
	for range 6 {
		flooded = measure(t, url, 40)
		if slow = flooded.slowerThan(calm); slow == "" {
			break
		}
	}
	return flooded, slow
}

// measure asks for the newest page and stores a link, so many times, each over a connection of its own.
func measure(t *testing.T, url string, requests int) times {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	timed := func(method, path, body string) time.Duration {
		start := time.Now()
		request, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", method, answer.StatusCode, err)
		}
		return time.Since(start)
	}
	var gets, posts []time.Duration
	for range requests {
		gets = append(gets, timed("GET", "/link?limit=50", ""))
		posts = append(posts, timed("POST", "/link", fmt.Sprintf(`{"link": "https://example.com/%d"}`, time.Now().UnixNano())))
	}
	return times{percentiles(gets), percentiles(posts)}
}

func percentiles(all []time.Duration) [2]time.Duration {
	slices.Sort(all)
	return [2]time.Duration{all[len(all)/2], all[len(all)*95/100]}
}

// peakMemory is the most that the process ever had in memory, in bytes.
func (p *process) peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if os.IsNotExist(err) {
		t.Skip("this system does not tell how much memory a process had")
	}
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || match == nil {
		t.Fatalf("no VmHWM in %q, %v", status, err)
	}
	kB, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kB * 1024
}

// fullFile is a store whose list fills a whole answer. The newest links are of a usual length.
func fullFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	links, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	var all []link.Link
	for i := range 700 {
		address := fmt.Sprintf("https://example.com/articles/%d", i)
		if i >= 100 {
			address += strings.Repeat("x", 7000)
		}
		l, err := link.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if err := links.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	if err := links.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
