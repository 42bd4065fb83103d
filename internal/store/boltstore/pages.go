package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
)

// The format of a bbolt file. Numbers have the byte order of the processor.
// Every page starts with a header: its number (8 bytes), its kind (2), the
// count of its elements (2), and how many further pages it extends over (4).
const (
	headerBytes  = 16
	elementBytes = 16
	bucketBytes  = 16 // the header of a bucket: its root page and its sequence
	metaBytes    = 64 // of a meta page, without the header

	branchPage   = 0x01
	leafPage     = 0x02
	metaPage     = 0x04
	freelistPage = 0x10

	bucketElement = 0x01 // the flag of an element that is a bucket

	bboltMagic   = 0xED0CDAED
	bboltVersion = 2
	noFreelist   = ^uint64(0)

	minPageBytes, maxPageBytes = 1 << 10, 16 << 20
)

// errNoMeta means that the file does not contain a valid meta page.
var errNoMeta = errors.New("the first two pages are not valid")

// A meta is the content of a meta page. There are two, and each commit
// replaces the older one.
type meta struct {
	pageBytes int
	root      uint64 // the page of the bucket of buckets
	freelist  uint64 // the page that lists the free pages
	pages     uint64 // the number of pages in the file
	commit    uint64 // the number of the commit
}

// size returns the length of all pages in bytes.
func (m meta) size() int64 { return int64(m.pages) * int64(m.pageBytes) }

// parseMeta returns the content of a meta page and reports whether it is valid.
func parseMeta(page []byte, number uint64) (meta, bool) {
	if len(page) < headerBytes+metaBytes {
		return meta{}, false
	}
	order := binary.NativeEndian
	body := page[headerBytes:]
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaBytes-8])
	m := meta{
		pageBytes: int(order.Uint32(body[8:])), root: order.Uint64(body[16:]),
		freelist: order.Uint64(body[32:]), pages: order.Uint64(body[40:]), commit: order.Uint64(body[48:]),
	}
	valid := order.Uint64(page) == number && order.Uint16(page[8:]) == metaPage &&
		order.Uint32(body) == bboltMagic && order.Uint32(body[4:]) == bboltVersion &&
		order.Uint64(body[56:]) == sum.Sum64() &&
		m.pageBytes >= minPageBytes && m.pageBytes <= maxPageBytes && m.pageBytes&(m.pageBytes-1) == 0 &&
		m.pages <= math.MaxInt64/maxPageBytes
	return m, valid
}

// readMetas returns the newer meta of a file, whether the other one is valid
// too, and the bytes that contain both.
func readMetas(file io.ReaderAt) (newest meta, both bool, raw []byte, err error) {
	read := func(size int) ([]byte, error) {
		page := make([]byte, size)
		n, err := file.ReadAt(page, 0)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return page[:n], err
	}
	for size := minPageBytes; size <= maxPageBytes; size *= 2 {
		raw, err = read(2 * size)
		if err != nil {
			return meta{}, false, nil, err
		}
		first, firstValid := parseMeta(raw, 0)
		second, secondValid := parseMeta(raw[min(size, len(raw)):], 1)
		firstValid = firstValid && first.pageBytes == size
		secondValid = secondValid && second.pageBytes == size
		switch {
		case firstValid && secondValid:
			if cmp.Compare(first.commit, second.commit) < 0 {
				first = second
			}
			return first, true, raw, nil
		case firstValid:
			return first, false, raw, nil
		case secondValid:
			return second, false, raw, nil
		}
	}
	return meta{}, false, nil, errNoMeta
}

// An element is one entry of a page: of a branch page a key and the number of
// a page, of a leaf page a key and a value.
type element struct {
	flags      uint32
	child      uint64
	key, value []byte
}

// A tree reads the pages of a bbolt file. bbolt maps the file and follows
// references in it unchecked, so a corrupt page or a disk error can crash the
// process. A tree uses plain reads and validates every number before it uses
// it.
type tree struct {
	ctx  context.Context
	file io.ReaderAt
	meta
	seen     []bool // by page number
	problems int
	problem  error // the first one
}

// report counts a problem and stores the first one. The caller then continues.
func (t *tree) report(format string, args ...any) {
	if t.problems++; t.problems == 1 {
		t.problem = fmt.Errorf(format, args...)
	}
}

// read returns a page with its header, after validating the header. If the page
// is corrupt, read reports a problem and returns nil without an error. It
// returns an error only if the context is done.
func (t *tree) read(number uint64) ([]byte, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	if number < 2 || number >= t.pages {
		t.report("invalid reference to page %d of %d", number, t.pages)
		return nil, nil
	}
	page := make([]byte, t.pageBytes)
	if _, err := t.file.ReadAt(page, int64(number)*int64(t.pageBytes)); err != nil {
		t.report("page %d: %w", number, readError(err))
		return nil, nil
	}
	order := binary.NativeEndian
	overflow := uint64(order.Uint32(page[12:]))
	if order.Uint64(page) != number || number+overflow >= t.pages {
		t.report("page %d has an invalid header", number)
		return nil, nil
	}
	for n := number; n <= number+overflow; n++ {
		if t.seen[n] {
			t.report("page %d is used twice", n)
			return nil, nil
		}
		t.seen[n] = true
	}
	if overflow == 0 {
		return page, nil
	}
	page = make([]byte, (1+overflow)*uint64(t.pageBytes))
	if _, err := t.file.ReadAt(page, int64(number)*int64(t.pageBytes)); err != nil {
		t.report("page %d: %w", number, readError(err))
		return nil, nil
	}
	return page, nil
}

// readError returns the cause of an error of package os, without the path,
// which the caller adds.
func readError(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// elements returns the elements of a branch or leaf page and reports whether
// they are valid: bbolt writes them contiguously.
func elements(page []byte) ([]element, bool) {
	if len(page) < headerBytes {
		return nil, false
	}
	order := binary.NativeEndian
	kind, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	next := headerBytes + count*elementBytes
	if next > len(page) || kind != branchPage && kind != leafPage {
		return nil, false
	}
	list := make([]element, count)
	for i := range list {
		at := headerBytes + i*elementBytes
		head := page[at : at+elementBytes]
		var e element
		var position, keyBytes, valueBytes uint32
		if kind == branchPage {
			position, keyBytes, e.child = order.Uint32(head), order.Uint32(head[4:]), order.Uint64(head[8:])
		} else {
			e.flags = order.Uint32(head)
			position, keyBytes, valueBytes = order.Uint32(head[4:]), order.Uint32(head[8:]), order.Uint32(head[12:])
		}
		end := uint64(next) + uint64(keyBytes) + uint64(valueBytes)
		if uint64(at)+uint64(position) != uint64(next) || keyBytes == 0 || end > uint64(len(page)) {
			return nil, false
		}
		e.key = page[next : next+int(keyBytes)]
		e.value = page[next+int(keyBytes) : end]
		list[i], next = e, int(end)
	}
	return list, true
}

// walk calls visit with each element of the leaf pages below the page with the
// number, in order. All keys must be at least low and less than high. If high
// is empty, keys have no upper limit.
func (t *tree) walk(number uint64, low, high []byte, visit func(element) error) error {
	page, err := t.read(number)
	if page == nil {
		return err
	}
	list, valid := elements(page)
	if !valid {
		t.report("page %d is corrupt", number)
		return nil
	}
	if binary.NativeEndian.Uint16(page[8:]) == leafPage {
		return t.visitLeaf(fmt.Sprintf("page %d", number), list, low, high, visit)
	}
	if len(list) == 0 {
		t.report("page %d is corrupt", number)
		return nil
	}
	for i, e := range list {
		end := high
		if i+1 < len(list) {
			end = list[i+1].key
		}
		if bytes.Compare(e.key, low) < 0 || len(end) > 0 && bytes.Compare(e.key, end) >= 0 {
			t.report("page %d is not sorted", number)
			continue
		}
		if err := t.walk(e.child, e.key, end, visit); err != nil {
			return err
		}
	}
	return nil
}

// visitLeaf calls visit with those elements of a leaf page that are in order.
func (t *tree) visitLeaf(place string, list []element, low, high []byte, visit func(element) error) error {
	for i, e := range list {
		ordered := bytes.Compare(e.key, low) >= 0 && (len(high) == 0 || bytes.Compare(e.key, high) < 0)
		if !ordered || i > 0 && bytes.Equal(e.key, low) {
			t.report("%s is not sorted", place)
			continue
		}
		low = e.key
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// bucket calls visit with each entry of a bucket, in order. The value is that
// of the bucket's element: a header, and if the bucket is small, also its only
// page.
func (t *tree) bucket(name string, value []byte, visit func(key, value []byte) error) error {
	entry := func(e element) error {
		if e.flags != 0 {
			t.report("bucket %q contains an unknown element", name)
			return nil
		}
		return visit(e.key, e.value)
	}
	if len(value) < bucketBytes {
		t.report("bucket %q is corrupt", name)
		return nil
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		if len(value) > bucketBytes {
			t.report("bucket %q is corrupt", name)
		}
		return t.walk(root, nil, nil, entry)
	}
	list, valid := elements(value[bucketBytes:])
	if !valid || binary.NativeEndian.Uint16(value[bucketBytes+8:]) != leafPage {
		t.report("bucket %q is corrupt", name)
		return nil
	}
	return t.visitLeaf(fmt.Sprintf("bucket %q", name), list, nil, nil, entry)
}

// checkFree checks that each page is either used or free, and not both. All
// used pages must have been read.
func (t *tree) checkFree() error {
	if t.freelist == noFreelist {
		return nil
	}
	page, err := t.read(t.freelist)
	if page == nil {
		return err
	}
	order := binary.NativeEndian
	count, list := uint64(order.Uint16(page[10:])), page[headerBytes:]
	if count == 0xFFFF { // the first entry is the count
		count, list = order.Uint64(list), list[8:]
	}
	if order.Uint16(page[8:]) != freelistPage || count > uint64(len(list)/8) {
		t.report("the list of free pages is corrupt")
		return nil
	}
	last := uint64(1)
	for i := range count {
		number := order.Uint64(list[8*i:])
		if number <= last || number >= t.pages || t.seen[number] {
			t.report("the list of free pages is corrupt")
			return nil
		}
		t.seen[number], last = true, number
	}
	for number, seen := range t.seen[2:] {
		if !seen {
			t.report("page %d is neither used nor free", number+2)
			return nil
		}
	}
	return nil
}
