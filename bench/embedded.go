package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

const (
	linksPage      = "/link?limit=50"
	pocketbaseList = "/api/collections/links/records"
	// skipTotal omits the count of all records, which Links does not return either.
	pocketbasePage = pocketbaseList + "?perPage=50&sort=-added&skipTotal=1"
)

// seeded is the number of links in a new store before it is measured.
const seeded = 1000

// embedded measures the plain server with the embedded store, compared with
// PocketBase and with the lower bounds of package reference.
func (b *bench) embedded(ctx context.Context) error {
	large, err := b.startLarge(ctx)
	if err != nil {
		return err
	}
	defer large.stop()
	for round := range b.rounds {
		b.step("round %d of %d of the embedded store", round+1, b.rounds)
		if err := b.embeddedRound(ctx, large); err != nil {
			return err
		}
	}
	return b.ownMemory(ctx)
}

// embeddedRound measures everything once, on new stores except the large one.
func (b *bench) embeddedRound(ctx context.Context, large *store) error {
	dir, err := os.MkdirTemp(b.dir, "round-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// One store grows by single links, one grows by arrays, one stays small.
	var links, arrays, small *store
	for name, s := range map[string]**store{"links": &links, "arrays": &arrays, "small": &small} {
		if *s, err = b.startSeeded(ctx, filepath.Join(dir, name+".db")); err != nil {
			return err
		}
		defer (*s).stop()
	}
	pocketbase, err := b.startPocketBase(ctx, dir)
	if err != nil {
		return err
	}
	defer pocketbase.stop()
	page, etag, err := checkedPage(ctx, links.url+linksPage)
	if err != nil {
		return err
	}
	if err := checkUnchanged(ctx, links.url+linksPage, etag); err != nil {
		return err
	}
	if _, _, err := checkedPage(ctx, pocketbase.url+pocketbasePage); err != nil {
		return err
	}
	reference, err := b.startReference(ctx, dir, page)
	if err != nil {
		return err
	}
	defer reference.stop()
	if err := b.compare(ctx, links.process, arrays.process, pocketbase, reference, etag); err != nil {
		return err
	}
	if err := b.search(ctx, large); err != nil {
		return err
	}
	return b.grow(ctx, small, large)
}

// compare puts the processes under load sequentially.
func (b *bench) compare(ctx context.Context, links, arrays, pocketbase, reference *process, etag string) error {
	for _, m := range []struct {
		figure  string
		process *process
		load    load
	}{
		{"get static", reference, get(32, "/")},
		{"get links", links, get(32, linksPage)},
		{"get pocketbase", pocketbase, get(32, pocketbasePage)},
		{"unchanged links", links, get(32, linksPage, "-H", "If-None-Match: "+etag)},
		{"post32 links", links, b.post(links, 32, "/link", 1)},
		{"arrays links", arrays, b.post(arrays, 1, "/link", 1000)},
		{"post32 pocketbase", pocketbase, b.post(pocketbase, 32, pocketbaseList, 1)},
		{"post256 links", links, b.post(links, 256, "/link", 1)},
		{"post256 pocketbase", pocketbase, b.post(pocketbase, 256, pocketbaseList, 1)},
		{"post1 links", links, b.post(links, 1, "/link", 1)},
		{"post1 commit", reference, b.post(reference, 1, "/", 1)},
	} {
		rate, _, err := b.run(ctx, m.process, m.load)
		if err != nil {
			return err
		}
		switch m.figure {
		case "post1 links", "post1 commit":
			b.samples.add(m.figure, 1/rate) // seconds, for one request at a time
		case "arrays links":
			b.samples.add(m.figure, 1000*rate) // links a second
		default:
			b.samples.add(m.figure, rate)
		}
	}
	return nil
}

func (b *bench) startPocketBase(ctx context.Context, dir string) (*process, error) {
	p, err := b.start(ctx, nil, b.program("pocketbase"), func(addr string) []string {
		// Otherwise PocketBase logs every query when it runs from a temporary
		// directory.
		return []string{"serve", "--dev=false", "--dir", filepath.Join(dir, "pocketbase"), "--http", addr}
	})
	if err != nil {
		return nil, err
	}
	for ; p.posted < seeded; p.posted++ {
		if _, _, err := ask(ctx, "POST", p.url+pocketbaseList, link(p.posted)); err != nil {
			p.stop()
			return nil, err
		}
	}
	return p, nil
}

// startReference starts the reference, which responds with the given page.
func (b *bench) startReference(ctx context.Context, dir string, page []byte) (*process, error) {
	response := filepath.Join(dir, "page.json")
	if err := os.WriteFile(response, page, 0o644); err != nil {
		return nil, err
	}
	return b.start(ctx, nil, b.program("reference"), func(addr string) []string {
		return []string{"-addr", addr, "-response", response, "-db", filepath.Join(dir, "bare.db")}
	})
}

// checkedPage requests a page and checks that it contains 50 links. A load only
// checks the status.
func checkedPage(ctx context.Context, url string) (page []byte, etag string, err error) {
	page, header, err := ask(ctx, "GET", url, "")
	if n := bytes.Count(page, []byte(`"link":`)); err == nil && n != 50 {
		err = fmt.Errorf("%s returned %d links, want 50", url, n)
	}
	return page, header.Get("ETag"), err
}

// checkUnchanged checks that a conditional request with the ETag returns 304.
func checkUnchanged(ctx context.Context, url, etag string) error {
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("If-None-Match", etag)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNotModified {
		return fmt.Errorf("%s with If-None-Match: %s returned %s, want 304", url, etag, response.Status)
	}
	return nil
}
