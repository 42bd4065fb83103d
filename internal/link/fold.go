package link

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// AppendFold appends s, with each character replaced by the representative of
// its case variants: two strings differ only in case if, and only if, the
// results are equal. This is simple case folding, which strings.EqualFold
// implements too. Invalid UTF-8 is appended unchanged.
func AppendFold(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if folded := foldRune(r); folded != r {
			dst = utf8.AppendRune(dst, folded)
		} else {
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// foldRune returns the representative of the case variants of a rune that is
// not ASCII: an ASCII letter in lower case, or else the smallest rune.
func foldRune(r rune) rune {
	if block := foldBlocks()[r>>8]; block != nil {
		return block[r&0xff]
	}
	return r
}

// foldBlocks returns the representatives of all runes, in blocks of 256 runes.
// A block is nil if no rune of it has case variants. unicode.SimpleFold takes
// ten times as long as these tables.
var foldBlocks = sync.OnceValue(func() *[unicode.MaxRune>>8 + 1]*[256]rune {
	var blocks [unicode.MaxRune>>8 + 1]*[256]rune
	for _, table := range []*unicode.RangeTable{unicode.Lu, unicode.Ll, unicode.Lt, unicode.Mn, unicode.Nl, unicode.So} {
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
