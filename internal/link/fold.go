package link

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"
)

// AppendFold appends s, with each character replaced by the representative of
// its case variants: two strings differ only in case if, and only if, the
// results are equal. This is simple case folding, which strings.EqualFold
// implements too. Invalid UTF-8 is appended unchanged.
func AppendFold(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)
	return dst[:start+len(Fold(dst[start:]))]
}

// Fold replaces each character of the text as AppendFold does, in place. The
// result is a prefix of the text, because no representative is longer than its
// case variants.
func Fold(text []byte) []byte {
	var blocks *foldTable
	read, written := 0, 0
	for read < len(text) {
		if rest := text[read:]; len(rest) >= 8 {
			if eight := binary.LittleEndian.Uint64(rest); eight&highest == 0 {
				binary.LittleEndian.PutUint64(text[written:], lowerASCII(eight))
				read, written = read+8, written+8
				continue
			}
		}
		c := text[read]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			text[written] = c
			read, written = read+1, written+1
			continue
		}
		if blocks == nil {
			blocks = foldBlocks()
		}
		r, size := utf8.DecodeRune(text[read:])
		if folded := blocks.fold(r); folded != r {
			written += utf8.EncodeRune(text[written:], folded)
		} else {
			written += copy(text[written:], text[read:read+size])
		}
		read += size
	}
	return text[:written]
}

// Masks of eight bytes: the lowest and the highest bit of each.
const each, highest = 0x0101010101010101, 0x8080808080808080

// lowerASCII returns eight ASCII characters, with letters in lower case.
func lowerASCII(eight uint64) uint64 {
	// No sum exceeds a byte. Its highest bit is set if the character is at least
	// 'A', or greater than 'Z'.
	upper := (eight + each*(0x80-'A')) &^ (eight + each*(0x7f-'Z')) & highest
	return eight | upper>>2 // 0x80>>2 is the difference between the cases
}

// A foldTable contains the representatives of all runes that are not ASCII, in
// blocks of 256 runes. A block is nil if no rune of it has case variants.
// unicode.SimpleFold takes ten times as long as this table.
type foldTable [unicode.MaxRune>>8 + 1]*[256]rune

// fold returns the representative of the case variants of a rune that is not
// ASCII: an ASCII letter in lower case, or else the smallest rune.
func (t *foldTable) fold(r rune) rune {
	if block := t[r>>8]; block != nil {
		return block[r&0xff]
	}
	return r
}

// foldBlocks returns the foldTable, which it creates on first use.
var foldBlocks = sync.OnceValue(func() *foldTable {
	var blocks foldTable
	for _, table := range []*unicode.RangeTable{
		unicode.Lu, unicode.Ll, unicode.Lt, unicode.Mn, unicode.Nl, unicode.So,
	} {
		eachRune(table, func(r rune) {
			folded := smallestVariant(r)
			if folded == r {
				return
			}
			block := blocks[r>>8]
			if block == nil {
				block = new([256]rune)
				for i := range block {
					block[i] = r&^0xff + rune(i)
				}
				blocks[r>>8] = block
			}
			block[r&0xff] = folded
		})
	}
	return &blocks
})

func eachRune(table *unicode.RangeTable, f func(rune)) {
	for _, part := range table.R16 {
		for r := rune(part.Lo); r <= rune(part.Hi); r += rune(part.Stride) {
			f(r)
		}
	}
	for _, part := range table.R32 {
		for r := rune(part.Lo); r <= rune(part.Hi); r += rune(part.Stride) {
			f(r)
		}
	}
}

func smallestVariant(r rune) rune {
	smallest := r
	for variant := unicode.SimpleFold(r); variant != r; variant = unicode.SimpleFold(variant) {
		smallest = min(smallest, variant)
	}
	if 'A' <= smallest && smallest <= 'Z' {
		return smallest + 'a' - 'A'
	}
	return smallest
}
