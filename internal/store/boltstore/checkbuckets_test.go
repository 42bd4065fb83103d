package boltstore

import (
	"bytes"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// appendTo returns a function that appends the text to the entry of a link.
func appendTo(l link.Link, text string) func(t *testing.T, links, byAdded *bbolt.Bucket) {
	return func(t *testing.T, links, byAdded *bbolt.Bucket) {
		added := bytes.Clone(links.Get(l.ID[:]))
		must(t, byAdded.Put(added, append(bytes.Clone(byAdded.Get(added)), text...)))
	}
}

func TestCheck_InconsistentBuckets(t *testing.T) {
	first, second := storetest.Link(t, 0), storetest.Link(t, 1)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, links, byAdded *bbolt.Bucket)
		want   string
	}{
		{"a link that is not listed", func(t *testing.T, links, byAdded *bbolt.Bucket) {
			must(t, byAdded.Delete(links.Get(first.ID[:])))
		}, "is not listed"},
		{"a link that is only listed", func(t *testing.T, links, _ *bbolt.Bucket) {
			must(t, links.Delete(first.ID[:]))
		}, "not stored with this Added"},
		{"two links with one sort key", func(t *testing.T, links, byAdded *bbolt.Bucket) {
			must(t, byAdded.Delete(links.Get(first.ID[:])))
			must(t, links.Put(first.ID[:], bytes.Clone(links.Get(second.ID[:]))))
		}, "is not listed"},
		{"an ID that is not that of its URL", func(t *testing.T, links, byAdded *bbolt.Bucket) {
			added := bytes.Clone(links.Get(first.ID[:]))
			value := bytes.Clone(byAdded.Get(added))
			value[len(value)-1] ^= 1
			must(t, byAdded.Put(added, value))
		}, "its ID is not that of its URL"},
		{"a URL that is not valid", func(t *testing.T, links, byAdded *bbolt.Bucket) {
			added := bytes.Clone(links.Get(first.ID[:]))
			value := bytes.Clone(byAdded.Get(added))
			value[idBytes] = 'x'
			must(t, byAdded.Put(added, value))
		}, "its URL is not valid: a link must be an absolute http or https URL"},
		{"a URL of an older version with other limits", appendTo(first, strings.Repeat("/", link.MaxURLBytes/2)),
			"its URL is not valid: a link's path must have at most 1000 segments"},
		{"a title that is not valid", appendTo(first, "\n\xff"), "its title is not valid"},
		{"a tag that is not valid", appendTo(first, "\x1fta,\xff"), "its tags are not valid"},
		{"a tag that is not trimmed", appendTo(first, "\x1fta, b"), "its tags are not valid"},
		{"a tag that is empty", appendTo(first, "\x1fta,"), "its tags are not valid"},
		{"a repeated tag", appendTo(first, "\x1fta,b,A"), "its tags are not valid"},
		{"a note that is not valid", appendTo(first, "\x1fna\r\nb"), "its note is not valid"},
		{"a note that is not trimmed", appendTo(first, "\x1fna\n"), "its note is not valid"},
		{"an empty title", appendTo(first, "\n"), "its entry is malformed"},
		{"empty tags", appendTo(first, "\x1ft"), "its entry is malformed"},
		{"members in another order", appendTo(first, "\x1fna\x1fta"), "its entry is malformed"},
		{"an unknown member before a known one", appendTo(first, "\x1fxa\x1fta"), "its entry is malformed"},
		{"a repeated member", appendTo(first, "\x1fta\x1fta"), "its entry is malformed"},
		{"a member without a name", appendTo(first, "\x1fta\x1f"), "its entry is malformed"},
		{"an ID that is too short", func(t *testing.T, links, _ *bbolt.Bucket) {
			must(t, links.Put([]byte("x"), first.ID[:]))
		}, "malformed"},
		{"a sort key that is too short", func(t *testing.T, _, byAdded *bbolt.Bucket) {
			must(t, byAdded.Put([]byte("x"), first.ID[:]))
		}, "malformed"},
		{"an unknown bucket", func(t *testing.T, links, _ *bbolt.Bucket) {
			_, err := links.Tx().CreateBucket([]byte("tags"))
			must(t, err)
		}, `bucket "tags" is unknown`},
		{"a bucket in a bucket", func(t *testing.T, links, _ *bbolt.Bucket) {
			_, err := links.CreateBucket([]byte("tags"))
			must(t, err)
		}, "unknown element"},
		{"a bucket that is missing", func(t *testing.T, links, _ *bbolt.Bucket) {
			must(t, links.Tx().DeleteBucket([]byte(byAddedBucket)))
		}, "another program"},
		{"no format", func(t *testing.T, links, _ *bbolt.Bucket) {
			must(t, links.Tx().Bucket([]byte(metaBucket)).Delete([]byte(formatKey)))
		}, "file format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := newPath(t)
			s, err := Open(Config{Path: path})
			must(t, err)
			storetest.Put(t, s, first, second)
			must(t, s.db.Update(func(tx *bbolt.Tx) error {
				c.change(t, tx.Bucket([]byte(linksBucket)), tx.Bucket([]byte(byAddedBucket)))
				return nil
			}))
			must(t, s.Close())
			if _, err := Check(t.Context(), path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Check: got %v, want %q", err, c.want)
			}
		})
	}
}
