package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// large is the number of links in the large store.
const large = 1_000_000

// sampled is the number of IDs that are requested, and the maximum number of pages.
// They are spread over the entire store.
const sampled = 10_000

// A store is a Links server with a seeded store, and the loads that read from it.
type store struct {
	*process
	path  string // path of the file
	ids   []string
	reads map[string]load // key: name of the figure
}

func (b *bench) startBolt(ctx context.Context, path string) (*store, error) {
	p, err := b.start(ctx, nil, b.program("server"), func(addr string) []string {
		return []string{"-addr", addr, "-store", "bolt:" + path}
	})
	return &store{process: p, path: path}, err
}

// startSeeded starts Links on a new file and stores seeded links.
func (b *bench) startSeeded(ctx context.Context, path string) (*store, error) {
	s, err := b.startBolt(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := s.seed(ctx, seeded); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// seed stores links, up to 1,000 in a request, until the store contains the given
// number.
func (s *store) seed(ctx context.Context, links int) error {
	every := max(1, links/sampled)
	for s.posted < links {
		batch := make([]string, min(1000, links-s.posted))
		for i := range batch {
			batch[i] = link(s.posted + i)
		}
		body, _, err := ask(ctx, "POST", s.url+"/link", "["+strings.Join(batch, ",")+"]")
		if err != nil {
			return err
		}
		var stored []struct {
			ID string `json:"link_id"`
		}
		if err := json.Unmarshal(body, &stored); err != nil {
			return err
		}
		for i := 0; i < len(stored); i += every {
			s.ids = append(s.ids, "/link/"+stored[i].ID)
		}
		s.posted += len(batch)
	}
	return nil
}

func (b *bench) startLarge(ctx context.Context) (*store, error) {
	s, err := b.startBolt(ctx, b.program("large.db"))
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for n := large / 10; n <= large; n += large / 10 {
		b.step("storing %d links", n)
		if err := s.seed(ctx, n); err != nil {
			s.stop()
			return nil, err
		}
	}
	b.samples.add("large seconds", time.Since(began).Seconds())
	file, err := os.Stat(s.path)
	if err == nil {
		b.samples.add("large file", float64(file.Size()))
		err = s.choose(ctx, 1000)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// choose sets the loads that read: pages that begin at every step-th link, and
// single links, both in random order.
func (s *store) choose(ctx context.Context, step int) error {
	first := "limit=" + strconv.Itoa(step)
	var pages []string
	for query := "?" + first; query != ""; {
		pages = append(pages, "/link"+strings.Replace(query, first, "limit=50", 1))
		_, header, err := ask(ctx, "GET", s.url+"/link"+query, "")
		if err != nil {
			return err
		}
		query = nextPage(header)
	}
	s.reads = map[string]load{}
	for figure, paths := range map[string][]string{"page": pages, "id": s.ids} {
		rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		file := s.path + "." + figure
		if err := os.WriteFile(file, []byte(strings.Join(paths, "\n")), 0o644); err != nil {
			return err
		}
		s.reads[figure] = getEach(file)
	}
	return nil
}

// grow measures sequential requests to a small and to the large store.
func (b *bench) grow(ctx context.Context, small, large *store) error {
	if err := small.choose(ctx, 50); err != nil {
		return err
	}
	for _, figure := range []string{"page", "id", "post"} {
		for _, s := range []struct {
			name string
			*store
		}{{"small", small}, {"large", large}} {
			l, read := s.reads[figure]
			if !read {
				l = b.post(s.process, 1, "/link", 1)
			}
			rate, _, err := b.run(ctx, s.process, l)
			if err != nil {
				return err
			}
			b.samples.add(figure+" "+s.name, 1/rate)
		}
	}
	return nil
}

// nextPage returns the query of the next page, with its question mark, or "".
func nextPage(header http.Header) string {
	query, _, _ := strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
	return query
}

// search measures searches of 50,000 links for a word and for a tag that do not
// occur. One response examines 10,000 links.
func (b *bench) search(ctx context.Context, s *store) error {
	for _, parameter := range []string{"q", "tag"} {
		began, query := time.Now(), "?limit=50&"+parameter+"=zebra"
		for range 5 {
			text, header, err := ask(ctx, "GET", s.url+"/link"+query, "")
			if err != nil {
				return err
			}
			if query = nextPage(header); query == "" || string(text) != "[]" {
				return fmt.Errorf("search returned %.100s with Link %q, want [] and a Link", text, query)
			}
		}
		b.samples.add("search "+parameter, time.Since(began).Seconds())
	}
	return nil
}
