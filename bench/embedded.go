package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const (
	linksPage      = "/link?limit=50"
	pocketbaseList = "/api/collections/links/records"
	// The count of all records is left out, which Links does not give either.
	pocketbasePage = pocketbaseList + "?perPage=50&sort=-added&skipTotal=1"
)

// seeded is how many links a new store is given before it is measured.
const seeded = 1000

// embedded measures the plain server with the embedded store, beside PocketBase and the least that a request could cost.
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
	return nil
}

// embeddedRound measures everything once, on new stores but for the large one.
func (b *bench) embeddedRound(ctx context.Context, large *store) error {
	dir, err := os.MkdirTemp(b.dir, "round-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// Three of the same: one that grows by single links, one that grows by arrays, one that stays small.
	var links, arrays, small *store
	for name, s := range map[string]**store{"links": &links, "arrays": &arrays, "small": &small} {
		if *s, err = b.startBolt(ctx, filepath.Join(dir, name+".db")); err != nil {
			return err
		}
		defer (*s).stop()
		if err := (*s).seed(ctx, seeded); err != nil {
			return err
		}
	}
	pocketbase, err := b.startPocketBase(ctx, dir)
	if err != nil {
		return err
	}
	defer pocketbase.stop()
	reference, etag, err := b.startReference(ctx, links, dir)
	if err != nil {
		return err
	}
	defer reference.stop()
	if err := b.compare(ctx, links.process, arrays.process, pocketbase, reference, etag); err != nil {
		return err
	}
	return b.grow(ctx, small, large)
}

// compare loads the processes in turn.
func (b *bench) compare(ctx context.Context, links, arrays, pocketbase, reference *process, etag string) error {
	var linksPeak, pocketbasePeak float64
	for _, m := range []struct {
		figure  string
		process *process
		load    load
		peak    *float64 // of memory, where it is a figure too
	}{
		{"get links", links, get(32, linksPage), &linksPeak},
		{"get static", reference, get(32, "/"), nil},
		{"get pocketbase", pocketbase, get(32, pocketbasePage), &pocketbasePeak},
		{"unchanged links", links, get(32, linksPage, "-H", "If-None-Match: "+etag), nil},
		{"post32 links", links, b.post(links, 32, "/link", 1), &linksPeak},
		{"arrays links", arrays, b.post(arrays, 1, "/link", 1000), nil},
		{"post32 pocketbase", pocketbase, b.post(pocketbase, 32, pocketbaseList, 1), &pocketbasePeak},
		{"post256 links", links, b.post(links, 256, "/link", 1), &linksPeak},
		{"post256 pocketbase", pocketbase, b.post(pocketbase, 256, pocketbaseList, 1), &pocketbasePeak},
		{"post1 links", links, b.post(links, 1, "/link", 1), nil},
		{"post1 commit", reference, b.post(reference, 1, "/", 1), nil},
	} {
		rate, peak, err := b.run(ctx, m.process, m.load)
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
		if m.peak != nil {
			*m.peak = max(*m.peak, peak)
		}
	}
	b.samples.add("memory links", linksPeak)
	b.samples.add("memory pocketbase", pocketbasePeak)
	return nil
}

func (b *bench) startPocketBase(ctx context.Context, dir string) (*process, error) {
	p, err := b.start(ctx, nil, b.program("pocketbase"), func(addr string) []string {
		// Without --dev=false, PocketBase would log every query when it runs from a temporary folder.
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

// startReference has the reference answer what Links answers for a page. The ETag is that of the page.
func (b *bench) startReference(ctx context.Context, links *store, dir string) (p *process, etag string, err error) {
	page, header, err := ask(ctx, "GET", links.url+linksPage, "")
	if err != nil {
		return nil, "", err
	}
	answer := filepath.Join(dir, "page.json")
	if err := os.WriteFile(answer, page, 0o644); err != nil {
		return nil, "", err
	}
	if etag = header.Get("ETag"); etag == "" {
		return nil, "", fmt.Errorf("GET %s has no ETag", linksPage)
	}
	p, err = b.start(ctx, nil, b.program("reference"), func(addr string) []string {
		return []string{"-addr", addr, "-answer", answer, "-db", filepath.Join(dir, "bare.db")}
	})
	return p, etag, err
}
