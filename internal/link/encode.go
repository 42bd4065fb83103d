package link

import (
	"bytes"
	"strings"
)

// The characters that the standard percent-encodes in the parts of a URL
// (https://url.spec.whatwg.org/#percent-encoded-bytes). Control characters,
// spaces and characters beyond ASCII are encoded in all parts.
const (
	encodedInFragment    = "\"<>`"
	encodedInQuery       = "\"#<>'"
	encodedInPath        = "\"#<>?`{}"
	encodedInCredentials = encodedInPath + `/:;=@[\]^|`
)

// appendEncoded appends s, with the characters of the set percent-encoded.
func appendEncoded(to []byte, s, set string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(set, c) >= 0 {
			to = append(to, '%', hex[c>>4], hex[c&15])
		} else {
			to = append(to, c)
		}
	}
	return to
}

// appendCredentials appends the user and the password of an authority.
func appendCredentials(to []byte, credentials string) []byte {
	user, password, _ := strings.Cut(credentials, ":")
	if user == "" && password == "" {
		return to
	}
	to = appendEncoded(to, user, encodedInCredentials)
	if password != "" {
		to = appendEncoded(append(to, ':'), password, encodedInCredentials)
	}
	return append(to, '@')
}

// appendPath appends the path of a special URL, in which a backslash is a
// slash. Dot segments are resolved.
func appendPath(to []byte, path string) []byte {
	if path == "" {
		return append(to, '/')
	}
	root := len(to)
	for path != "" {
		var segment string
		segment, path = cutSegment(path[1:])
		switch dots(segment) {
		case 1:
		case 2:
			if last := bytes.LastIndexByte(to[root:], '/'); last >= 0 {
				to = to[:root+last]
			}
		default:
			to = appendEncoded(append(to, '/'), segment, encodedInPath)
			continue
		}
		if path == "" {
			to = append(to, '/')
		}
	}
	return to
}

// cutSegment returns the first segment of the path and the rest of the path.
func cutSegment(path string) (segment, rest string) {
	return cutAt(path, strings.IndexAny(path, `/\`))
}

// dots returns the number of dots in a dot segment, or 0 for any other segment.
// A dot may be percent-encoded.
func dots(segment string) int {
	if len(segment) > len("%2e%2e") {
		return 0
	}
	switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
	case ".":
		return 1
	case "..":
		return 2
	}
	return 0
}
