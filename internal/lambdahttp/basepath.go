package lambdahttp

import (
	"net/url"
	"slices"
	"strings"
)

// The path of an event may begin with a base path that is not part of the
// service's own path: that of a custom domain, the resource or route that
// contains {proxy+}, or the named stage of an HTTP API. StripBasePath of the
// adapter requires a configured base path, and strips /api from /apix too.

// stripBasePath removes the part of the path that precedes the part matched by the
// template: for /base/link, the template /{proxy+} and proxy=link it returns /link.
// It returns a path that does not match the template unchanged.
func stripBasePath(path, template string, parameters map[string]string) string {
	if greedy, ok := strings.CutSuffix(template, "+}"); ok {
		proxy, ok := parameters[greedy[strings.LastIndexByte(greedy, '{')+1:]]
		if !ok {
			return path
		}
		// Gateways differ in decoding and in surrounding slashes.
		proxy = strings.Trim(decoded(proxy), "/")
		// Without this check, paths that do not match would take quadratic time: the
		// loop decodes the rest of the path at every slash.
		if !strings.HasSuffix(strings.TrimRight(decoded(path), "/"), proxy) {
			return path
		}
		for i := range path {
			if path[i] == '/' && strings.Trim(decoded(path[i:]), "/") == proxy {
				return path[i:]
			}
		}
		return path
	}
	// Without a greedy parameter, the template and its match have the same number of
	// segments.
	end := len(strings.TrimRight(path, "/"))
	for range segments(template) {
		if end = strings.LastIndexByte(path[:end], '/'); end < 0 {
			return path
		}
	}
	switch basePath, rest := path[:end], path[end:]; {
	case strings.Trim(basePath, "/") == "" || !matches(rest, template):
		return path
	case rest == "":
		return "/"
	default:
		return rest
	}
}

// matches reports whether a path with the same number of segments matches the
// template. A parameter matches any segment.
func matches(path, template string) bool {
	got, want := strings.Split(strings.Trim(path, "/"), "/"), strings.Split(strings.Trim(template, "/"), "/")
	return slices.EqualFunc(got, want, func(segment, wanted string) bool {
		return strings.HasPrefix(wanted, "{") || decoded(segment) == wanted
	})
}

func segments(template string) int {
	template = strings.Trim(template, "/")
	if template == "" {
		return 0
	}
	return strings.Count(template, "/") + 1
}

func decoded(path string) string {
	if text, err := url.PathUnescape(path); err == nil {
		return text
	}
	return path
}

// stripPrefix removes prefix from the path if it is the prefix of the path on a
// segment boundary. Otherwise it returns the path unchanged.
func stripPrefix(path, prefix string) string {
	rest, ok := strings.CutPrefix(path, prefix)
	switch {
	case ok && rest == "":
		return "/"
	case ok && rest[0] == '/':
		return rest
	}
	return path
}
