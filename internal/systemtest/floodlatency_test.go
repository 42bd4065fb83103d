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

// maxSlowdown limits the latency of an ordinary client during a flood, relative
// to the baseline without it.
const maxSlowdown = 10

// alwaysFast contains latencies that never count as slow, for the median and the
// 95th percentile. Other processes of the machine can cause as much.
var alwaysFast = [2]time.Duration{5 * time.Millisecond, 25 * time.Millisecond}

// latency contains the median and the 95th percentile of each method.
type latency struct{ get, post [2]time.Duration }

func (l latency) String() string {
	return fmt.Sprintf("GET p50 %v p95 %v, POST p50 %v p95 %v", l.get[0], l.get[1], l.post[0], l.post[1])
}

// slowerThan describes a latency that is much higher than the baseline. It
// returns "" if there is none.
func (l latency) slowerThan(baseline latency) string {
	for i, name := range []string{"median", "95th percentile"} {
		for method, c := range map[string]struct{ got, baseline time.Duration }{
			"GET":  {l.get[i], baseline.get[i]},
			"POST": {l.post[i], baseline.post[i]},
		} {
			if limit := max(maxSlowdown*c.baseline, alwaysFast[i]); c.got > limit {
				return fmt.Sprintf("%s of %s: got %v, want at most %v", name, method, c.got, limit)
			}
		}
	}
	return ""
}

// measureUntilFast measures until the latency is near the baseline, but only a
// few times. Repetition is sound because other processes can only increase the
// latency. It returns the last latency and the result of its slowerThan.
func measureUntilFast(t *testing.T, url string, baseline latency) (flooded latency, slow string) {
	t.Helper()
	for range 6 {
		flooded = measure(t, url, 40)
		if slow = flooded.slowerThan(baseline); slow == "" {
			break
		}
	}
	return flooded, slow
}

// measure requests the newest page and stores a link, n times, each over a new
// connection.
func measure(t *testing.T, url string, n int) latency {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	timed := func(method, path, body string) time.Duration {
		start := time.Now()
		request, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: got status %d, %v, want 200", method, response.StatusCode, err)
		}
		return time.Since(start)
	}
	var gets, posts []time.Duration
	for range n {
		gets = append(gets, timed("GET", "/link?limit=50", ""))
		posts = append(posts, timed("POST", "/link",
			fmt.Sprintf(`{"link": "https://example.com/%d"}`, time.Now().UnixNano())))
	}
	return latency{percentiles(gets), percentiles(posts)}
}

func percentiles(all []time.Duration) [2]time.Duration {
	slices.Sort(all)
	return [2]time.Duration{all[len(all)/2], all[len(all)*95/100]}
}

// peakMemory returns the peak resident memory of the process, in bytes.
func (p *process) peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if os.IsNotExist(err) {
		t.Skip("needs /proc: only on Linux")
	}
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || match == nil {
		t.Fatalf("/proc/PID/status: got %q, %v, want VmHWM in it", status, err)
	}
	kB, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kB * 1024
}

// fullStore returns the file of a store whose list is as large as a response can
// be. The newest links have a usual length.
func fullStore(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	s, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	var links []link.Link
	for i := range 700 {
		url := fmt.Sprintf("https://example.com/articles/%d", i)
		if i >= 100 {
			url += strings.Repeat("x", 7000)
		}
		l, err := link.Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, l)
	}
	if err := s.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
