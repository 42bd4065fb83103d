package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
)

// A Report is what Check found in a file.
type Report struct {
	Links                 int
	Titled, Tagged, Noted int       // links with a title, with tags and with a note
	Oldest, Newest        time.Time // of the links; zero if there are none
	Bytes                 int64     // of the file
}

// ErrChanged means that a server changed the file while it was read.
var ErrChanged = errors.New("a server changed the file while it was read")

// Check reads the file at path completely and checks that every page is intact,
// that every ID is the hash of its URL, that every title, tag and note is valid,
// and that the buckets are consistent. The error of a corrupt file contains the
// first problem, and the report counts the links that can still be read.
//
// Check neither changes nor locks the file. If a server changes it
// concurrently, Check returns ErrChanged.
func Check(ctx context.Context, path string) (Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("boltstore: %w", err)
	}
	defer file.Close()
	report, err := check(ctx, file, nil)
	if err != nil {
		return report, checkError(path, err)
	}
	return report, nil
}

// A corruptError is the error of a corrupt file.
type corruptError struct {
	first error
	more  int // further problems
	links int // that can be read
}

func (e corruptError) Error() string {
	more := ""
	if e.more > 0 {
		more = fmt.Sprintf(", and %d more problems", e.more)
	}
	return fmt.Sprintf("%v%s; %d links can be read", e.first, more, e.links)
}

func (e corruptError) Unwrap() error { return e.first }

// checkError adds the path and the kind of failure to an error of check.
func checkError(path string, err error) error {
	var corrupt corruptError
	var newer newerFormat
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &corrupt):
		return fmt.Errorf("boltstore: %s is corrupt: %w", path, err)
	case errors.Is(err, errNoMeta), errors.Is(err, errOtherProgram):
		return fmt.Errorf("boltstore: %s is not a database of links, or is corrupt: %w", path, err)
	case errors.As(err, &newer), errors.Is(err, ErrChanged):
		return fmt.Errorf("boltstore: %s cannot be read: %w", path, err)
	case errors.As(err, new(*os.PathError)): // it contains its own path, which may be that of a copy
		return fmt.Errorf("boltstore: %w", err)
	default:
		return fmt.Errorf("boltstore: %s: %w", path, err)
	}
}

// An input is the file that check reads. Tests inject errors.
type input interface {
	io.ReaderAt
	Stat() (os.FileInfo, error)
}

// check checks a file. If visit is not nil, it calls visit with each entry of
// each bucket, in order. An error of visit ends the check.
func check(ctx context.Context, file input, visit func(bucket string, key, value []byte) error) (Report, error) {
	info, err := file.Stat()
	if err != nil {
		return Report{}, err
	}
	newest, both, raw, err := readMetas(file)
	if err != nil {
		return Report{}, err
	}
	c := checker{
		tree:  tree{ctx: ctx, file: file, meta: newest},
		visit: visit,
		found: Report{Bytes: info.Size()},
	}
	if !both {
		c.report("one of the first two pages is corrupt, so the last change may be missing")
	}
	if err := checkSize(info.Size(), c.size()); err != nil {
		c.report("%w", err)
		c.pages = uint64(info.Size()) / uint64(c.pageBytes)
	}
	c.seen = make([]bool, c.pages)
	if err := c.readThrough(info.Size()); err != nil {
		return Report{}, err
	}
	err = c.check()
	again := make([]byte, len(raw))
	if n, _ := file.ReadAt(again, 0); !bytes.Equal(again[:n], raw) {
		return Report{}, ErrChanged
	}
	if err == nil && c.problems > 0 {
		err = corruptError{first: c.problem, more: c.problems - 1, links: c.found.Links}
	}
	return c.found, err
}

// A checker checks the content of a file.
type checker struct {
	tree
	visit func(bucket string, key, value []byte) error // may be nil
	found Report

	stored []storedEntry // in order
	listed []bool        // by index in stored: whether by_added contains the link
}

// A storedEntry is an entry of links: an ID and its Added.
type storedEntry [2 * idBytes]byte

// readThrough reads the complete file, including free pages.
func (c *checker) readThrough(size int64) error {
	buffer := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(buffer)) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		part := buffer[:min(size-at, int64(len(buffer)))]
		if n, err := c.file.ReadAt(part, at); n < len(part) {
			c.report("byte %d cannot be read: %w", at+int64(n), readError(err))
			return nil
		}
	}
	return nil
}

func (c *checker) check() error {
	buckets := map[string][]byte{}
	err := c.walk(c.root, nil, nil, func(e element) error {
		buckets[string(e.key)] = e.value
		switch name := string(e.key); {
		case e.flags != bucketElement:
			c.report("%q is not a bucket", name)
		case name != metaBucket && name != linksBucket && name != byAddedBucket:
			c.report("bucket %q is unknown", name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	hasLinks, hasByAdded := buckets[linksBucket] != nil, buckets[byAddedBucket] != nil
	switch {
	case len(buckets) == 0 && c.problems == 0:
		return errors.New("the database is empty")
	case (!hasLinks || !hasByAdded) && c.problems == 0:
		return errOtherProgram
	}
	if value, exists := buckets[metaBucket]; exists {
		if err := c.checkMeta(value); err != nil {
			return err
		}
	}
	if hasLinks {
		if err := c.bucket(linksBucket, buckets[linksBucket], c.checkStored); err != nil {
			return err
		}
	}
	c.listed = make([]bool, len(c.stored))
	if hasByAdded {
		if err := c.bucket(byAddedBucket, buckets[byAddedBucket], c.checkListed); err != nil {
			return err
		}
	}
	if c.problems > 0 {
		return nil // the following checks need all entries
	}
	if i := slices.Index(c.listed, false); i >= 0 {
		c.report("link %s is not listed", uuid.UUID(c.stored[i][:idBytes]))
	}
	return c.checkFree()
}

// checkMeta returns an error if this program does not support the format.
func (c *checker) checkMeta(value []byte) error {
	text := ""
	err := c.bucket(metaBucket, value, func(key, value []byte) error {
		if string(key) != formatKey {
			c.report("bucket %q contains an unknown key", metaBucket)
			return nil
		}
		text = string(value)
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := parseFormat(text); errors.As(err, new(newerFormat)) {
		return err
	} else if err != nil {
		c.report("%w", err)
	}
	return nil
}

// checkStored checks an entry of links.
func (c *checker) checkStored(id, added []byte) error {
	if len(id) != idBytes || len(added) != idBytes {
		c.report("entry %x of bucket %q is malformed", id, linksBucket)
		return nil
	}
	c.stored = append(c.stored, storedEntry(slices.Concat(id, added)))
	return c.visitEntry(linksBucket, id, added)
}

// checkListed checks an entry of by_added, and that links contains it too.
func (c *checker) checkListed(added, value []byte) error {
	if len(added) != idBytes || len(value) <= idBytes {
		c.report("entry %x of bucket %q is malformed", added, byAddedBucket)
		return nil
	}
	l, unknown := decode(added, value)
	switch parsed, err := link.Parse(l.URL); {
	case err != nil: // also a URL that an older version with other limits accepted
		c.report("link %s: its URL is not valid: %w", l.ID, err)
		return nil
	case parsed.URL != l.URL || parsed.ID != l.ID:
		c.report("link %s: its ID is not that of its URL", l.ID)
		return nil
	}
	c.count(l)
	if invalid := invalidMember(l); invalid != "" {
		c.report("link %s: its %s not valid", l.ID, invalid)
	} else if !bytes.Equal(encode(l, unknown), value) {
		c.report("link %s: its entry is malformed", l.ID)
	}
	i, found := slices.BinarySearchFunc(c.stored, storedEntry(slices.Concat(value[:idBytes], added)), compareStored)
	if !found {
		c.report("link %s is listed under %x, but not stored with this Added", l.ID, added)
		return nil
	}
	c.listed[i] = true
	return c.visitEntry(byAddedBucket, added, value)
}

// invalidMember returns the first member of the link that is not valid, with a
// verb, or "" if all are valid.
func invalidMember(l link.Link) string {
	if title, err := link.ParseTitle(l.Title); err != nil || title != l.Title {
		return "title is"
	}
	if tags, err := link.ParseTags(slices.Collect(l.Tags.All())); err != nil || tags != l.Tags {
		return "tags are"
	}
	if note, err := link.ParseNote(l.Note); err != nil || note != l.Note {
		return "note is"
	}
	return ""
}

func compareStored(a, b storedEntry) int { return bytes.Compare(a[:], b[:]) }

// visitEntry calls visit with an entry.
func (c *checker) visitEntry(bucket string, key, value []byte) error {
	if c.visit == nil {
		return nil
	}
	return c.visit(bucket, key, value)
}

// count adds a link to the report.
func (c *checker) count(l link.Link) {
	r := &c.found
	if r.Links == 0 {
		r.Oldest = l.Added.Time()
	}
	r.Newest = l.Added.Time()
	r.Links++
	if l.Title != "" {
		r.Titled++
	}
	if l.Tags != "" {
		r.Tagged++
	}
	if l.Note != "" {
		r.Noted++
	}
}
