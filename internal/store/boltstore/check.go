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

	"links/internal/link"

	"github.com/google/uuid"
)

// A Report is what Check found in a file.
type Report struct {
	Links, Titles  int
	Oldest, Newest time.Time // of the links; zero if there are none
	Bytes          int64     // of the file
}

// ErrChanged is returned for a file that a server changes while it is read.
var ErrChanged = errors.New("a server changed it meanwhile")

// Check reads the file at path completely and checks that every page is
// intact, that every ID is the hash of its URL, and that the buckets agree.
// The error of a damaged file contains the first problem, and the report
// counts the links that can still be read.
//
// Check neither changes nor locks the file. If a server changes it meanwhile,
// Check returns ErrChanged.
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

// A damage is the error of a damaged file.
type damage struct {
	first error
	more  int // further problems
	links int // that can be read
}

func (d damage) Error() string {
	more := ""
	if d.more > 0 {
		more = fmt.Sprintf(", and %d more problems", d.more)
	}
	return fmt.Sprintf("%v%s; %d links can be read", d.first, more, d.links)
}

func (d damage) Unwrap() error { return d.first }

// checkError adds what failed to an error of check.
func checkError(path string, err error) error {
	var damaged damage
	var newer newerFormat
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &damaged):
		return fmt.Errorf("boltstore: %s is damaged: %w", path, err)
	case errors.Is(err, errNoMeta), errors.Is(err, errOtherProgram):
		return fmt.Errorf("boltstore: %s is no database of links, or it is damaged: %w", path, err)
	case errors.As(err, &newer), errors.Is(err, ErrChanged):
		return fmt.Errorf("boltstore: %s cannot be read: %w", path, err)
	default:
		return fmt.Errorf("boltstore: %s: %w", path, readError(err))
	}
}

// input is what check reads: a file, or in tests something that fails.
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
		c.report("one of its first two pages is damaged, so its last change may be missing")
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
		err = damage{first: c.problem, more: c.problems - 1, links: c.found.Links}
	}
	return c.found, err
}

// A checker checks the content of a file.
type checker struct {
	tree
	visit func(bucket string, key, value []byte) error // may be nil
	found Report

	stored []stored // the entries of links, in order
	listed []bool   // which of them by_added contains
}

// A stored is an entry of links: an ID and its Added.
type stored [2 * idBytes]byte

// readThrough reads the file once, also the pages that are free.
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
			c.report("%q is no bucket", name)
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
		return errors.New("it is empty")
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
		return nil // what follows compares with all that exists
	}
	if i := slices.Index(c.listed, false); i >= 0 {
		c.report("link %s is not listed", uuid.UUID(c.stored[i][:idBytes]))
	}
	return c.checkFree()
}

// checkMeta returns an error if this program does not know the format.
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
		c.report("the entry %x is no link", id)
		return nil
	}
	c.stored = append(c.stored, stored(slices.Concat(id, added)))
	return c.copy(linksBucket, id, added)
}

// checkListed checks an entry of by_added, and that links contains it too.
func (c *checker) checkListed(added, value []byte) error {
	if len(added) != idBytes || len(value) <= idBytes {
		c.report("the entry %x is no link", added)
		return nil
	}
	l := decode(added, value)
	// The zero link, which Parse returns with an error, differs too.
	if parsed, _ := link.Parse(l.URL); parsed.URL != l.URL || parsed.ID != l.ID {
		c.report("link %s: its ID is not that of its URL", l.ID)
		return nil
	}
	c.count(l)
	if title, err := link.ParseTitle(l.Title); err != nil || title != l.Title || !bytes.Equal(encode(l), value) {
		c.report("link %s: its title is not valid", l.ID)
	}
	i, found := slices.BinarySearchFunc(c.stored, stored(slices.Concat(value[:idBytes], added)), compareStored)
	if !found {
		c.report("link %s is listed under %x and not stored so", l.ID, added)
		return nil
	}
	c.listed[i] = true
	return c.copy(byAddedBucket, added, value)
}

func compareStored(a, b stored) int { return bytes.Compare(a[:], b[:]) }

func (c *checker) copy(bucket string, key, value []byte) error {
	if c.visit == nil {
		return nil
	}
	return c.visit(bucket, key, value)
}

func (c *checker) count(l link.Link) {
	r := &c.found
	if r.Links == 0 {
		r.Oldest = l.Added.Time()
	}
	r.Newest = l.Added.Time()
	r.Links++
	if l.Title != "" {
		r.Titles++
	}
}
