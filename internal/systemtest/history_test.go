package systemtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// The members of a link that clients change.
const (
	titleMember = iota
	tagsMember
	noteMember
	memberCount
)

var memberNames = [memberCount]string{"title", "tags", "note"}

// members contains the value of each member. Tags are separated by commas. An
// empty value means that the member is missing.
type members [memberCount]string

// linkState is the state of one link in the model.
type linkState struct {
	exists bool
	members
}

// linkModel is a nondeterministic model, because a call whose outcome is unknown
// may or may not have taken effect.
var linkModel = porcupine.NondeterministicModel{
	Init: func() []any { return []any{linkState{}} },
	Partition: func(all []porcupine.Operation) (byLink [][]porcupine.Operation) {
		byLink = make([][]porcupine.Operation, historyLinks)
		for _, o := range all {
			i := o.Input.(call).link
			byLink[i] = append(byLink[i], o)
		}
		return byLink
	},
	Step: func(state, input, output any) []any {
		s, c, o := state.(linkState), input.(call), output.(outcome)
		next, want := s.after(c)
		switch o {
		case want:
			return []any{next}
		case outcome{}: // unknown
			return []any{s, next}
		}
		return nil
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

// after returns the state after a call and the outcome of the call.
func (s linkState) after(c call) (linkState, outcome) {
	switch {
	case c.method == "POST":
		return linkState{true, s.filledIn(c)}, outcome{status: 200}
	case !s.exists:
		return s, outcome{status: 404}
	case c.method == "PATCH":
		changed := s.changed(c)
		return linkState{true, changed}, outcome{200, changed}
	case c.method == "DELETE":
		return linkState{}, outcome{status: 204}
	}
	return s, outcome{200, s.members}
}

// changed returns the members after a PATCH.
func (m members) changed(c call) members {
	for i, given := range c.given {
		if given {
			m[i] = c.members[i]
		}
	}
	return m
}

// filledIn returns the members after a POST.
func (m members) filledIn(c call) members {
	for i, given := range c.given {
		switch {
		case given && i == tagsMember:
			m[i] = addTags(m[i], c.members[i])
		case given && m[i] == "":
			m[i] = c.members[i]
		}
	}
	return m
}

// addTags returns the tags, followed by those of others that they do not
// contain, regardless of case.
func addTags(tags, others string) string {
	all := splitTags(tags)
	for _, other := range splitTags(others) {
		if !slices.ContainsFunc(all, func(tag string) bool { return strings.EqualFold(tag, other) }) {
			all = append(all, other)
		}
	}
	return strings.Join(all, ",")
}

func splitTags(tags string) []string {
	return strings.FieldsFunc(tags, func(r rune) bool { return r == ',' })
}

// traverse reads the list page by page. Links that nobody changes must appear
// once and in order, and the timestamps must not increase.
func (h *history) traverse(client int) {
	var seeds []string
	last := "9999"
	for query := "?limit=3&added=true"; query != ""; {
		r, err := http.NewRequest("GET", h.server(client).url+"/link"+query, nil)
		if err != nil {
			h.t.Error(err)
			return
		}
		response, err := h.client.Do(r)
		if err != nil {
			return
		}
		var page []struct{ Link, Added string }
		err = json.NewDecoder(response.Body).Decode(&page)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return // an injected fault: the next traversal may be complete
		}
		for _, l := range page {
			if l.Added > last || l.Added == "" {
				h.t.Errorf("traversal: %s was added at %q, want at most %s, the timestamp before it",
					l.Link, l.Added, last)
			}
			last = l.Added
			if strings.HasPrefix(l.Link, seedURL) {
				seeds = append(seeds, l.Link)
			}
		}
		query, _, _ = strings.Cut(strings.TrimPrefix(response.Header.Get("Link"), "<"), ">")
	}
	h.traversals++
	if !slices.Equal(seeds, h.seeds) {
		h.t.Errorf("traversal: got %q, want %q", seeds, h.seeds)
	}
}

// seedURL is the prefix of the links that nobody changes.
const seedURL = "https://seed.example/"

// seed stores the links that every traversal must find.
func (h *history) seed() {
	h.t.Helper()
	for i := range 20 {
		h.seeds = slices.Insert(h.seeds, 0, fmt.Sprint(seedURL, i))
		body, _ := json.Marshal(map[string]string{"link": h.seeds[0]})
		for h.request(0, "POST", "/link", body, new(any)) != http.StatusOK {
		}
	}
}
