package systemtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// linkState is one link in the model.
type linkState struct {
	there bool
	title string
}

var oneLink = porcupine.NondeterministicModel{
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
		case outcome{}: // done or not
			return []any{s, next}
		}
		return nil
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

// after is the state after a call, and the call's outcome.
func (s linkState) after(c call) (linkState, outcome) {
	switch {
	case c.method == "POST" && !s.there:
		return linkState{true, c.title}, outcome{status: 200}
	case c.method == "POST" && s.title == "":
		return linkState{true, c.title}, outcome{status: 200}
	case c.method == "POST":
		return s, outcome{status: 200}
	case !s.there:
		return s, outcome{status: 404}
	case c.method == "PATCH":
		return linkState{true, c.title}, outcome{200, c.title}
	case c.method == "DELETE":
		return linkState{}, outcome{status: 204}
	}
	return s, outcome{200, s.title}
}

// walk goes through the list page by page: what nobody changes is there once and in its order, nothing is there twice.
func (h *history) walk(client int) {
	var seeds []string
	times := map[string]int{}
	last := "9999"
	for query := "?limit=3&added=true"; query != ""; {
		r, err := http.NewRequest("GET", h.server(client).url+"/link"+query, nil)
		if err != nil {
			h.t.Error(err)
			return
		}
		answer, err := h.client.Do(r)
		if err != nil {
			return
		}
		var page []struct{ Link, Added string }
		err = json.NewDecoder(answer.Body).Decode(&page)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return // a fault: the next walk may be through
		}
		for _, l := range page {
			times[l.Link]++
			if l.Added > last || l.Added == "" {
				h.t.Errorf("%s was added %s, after the one before, %s", l.Link, l.Added, last)
			}
			last = l.Added
			if strings.HasPrefix(l.Link, "https://seed.example/") {
				seeds = append(seeds, l.Link)
			}
		}
		query, _, _ = strings.Cut(strings.TrimPrefix(answer.Header.Get("Link"), "<"), ">")
	}
	h.walks++
	if !slices.Equal(seeds, h.seeds) {
		h.t.Errorf("a walk has %q, want %q", seeds, h.seeds)
	}
	for link, n := range times {
		// A link that was deleted and stored again meanwhile is another one.
		if n > 1 && strings.HasPrefix(link, "https://seed.example/") {
			h.t.Errorf("a walk has %s %d times", link, n)
		}
	}
}

// seed stores what every walk must find.
func (h *history) seed() {
	h.t.Helper()
	for i := range 20 {
		h.seeds = slices.Insert(h.seeds, 0, fmt.Sprint("https://seed.example/", i))
		body, _ := json.Marshal(map[string]string{"link": h.seeds[0]})
		for h.request(0, "POST", "/link", body, new(any)) != http.StatusOK {
		}
	}
}
