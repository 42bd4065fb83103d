package lambdahttp

import (
	"net/url"
	"slices"
	"strings"
)

// The path of an event begins with a prefix that is not part of the service's
// own path: the base path of a custom domain, the resource or route that
// contains {proxy+}, or the named stage of an HTTP API. StripBasePath of the
// adapter must be told the prefix, and also strips /api from /apix.

// belowMount takes off the path what precedes the part that the template matched: of /base/link, with the template
// /{proxy+} and proxy=link, it leaves /link. A path that does not fit the template is left alone.
func belowMount(path, template string, parameters map[string]string) string {
	if greedy, ok := strings.CutSuffix(template, "+}"); ok {
		proxy, ok := parameters[greedy[strings.LastIndexByte(greedy, '{')+1:]]
		if !ok {
			return path
		}
		// Gateways differ in what they decode, and in the slashes around.
		proxy = strings.Trim(decoded(proxy), "/")
		// The loop would find this too, but it decodes the rest of the path at every slash, which takes quadratic time.
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
	// Without a greedy parameter the template has as many segments as what it matched.
	end := len(strings.TrimRight(path, "/"))
	for range segments(template) {
		if end = strings.LastIndexByte(path[:end], '/'); end < 0 {
			return path
		}
	}
	switch mount, rest := path[:end], path[end:]; {
	case strings.Trim(mount, "/") == "" || !fits(rest, template):
		return path
	case rest == "":
		return "/"
	default:
		return rest
	}
}

// fits says whether a path of as many segments has the template's, whose parameters fit any.
func fits(path, template string) bool {
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
