package metrics

import (
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// CommitObserver registers the metrics of the embedded store whose file is at
// path. It returns a function for boltstore.Config.OnCommit.
func (m *Metrics) CommitObserver(path string) func(links int, took time.Duration) {
	times := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "links_bolt_commit_duration_seconds", Help: "Duration of a commit, including the fsync.",
		Buckets: buckets,
	})
	sizes := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "links_bolt_commit_links", Help: "Links that a commit inserted, changed or deleted.",
		Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 250, 500},
	})
	file := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "links_bolt_file_bytes", Help: "Size of the file of the embedded store.",
	}, func() float64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0 // the file was removed
		}
		return float64(info.Size())
	})
	m.registry.MustRegister(times, sizes, file)
	return func(links int, took time.Duration) {
		sizes.Observe(float64(links))
		times.Observe(took.Seconds())
	}
}
