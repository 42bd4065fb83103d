package lambdahttp

import (
	"net/url"
	"slices"
	"strings"
)

// The path of an event begins with where the service is mounted: a custom domain's base path, the resource or route that
// {proxy+} is in, an HTTP API's named stage. What the adapter offers against it, StripBasePath, needs to be told the mount
// and takes /api off /apix.

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

// belowStage takes the stage off the path, where the path has it as its first segment. The stage $default is in no path.
func belowStage(path, stage string) string {
	if stage == "$default" {
		return path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	switch {
	case ok && rest == "":
		return "/"
	case ok && rest[0] == '/':
		return rest
	}
	return path
}

// belowBasePath takes off the path the least that leaves one that the handler has; where there is none, nothing.
func belowBasePath(path string, hasPath func(string) bool) string {
	for i := range path {
		if path[i] == '/' && hasPath("/"+strings.Trim(path[i:], "/")) {
			return path[i:]
		}
	}
	return path
}
