package systemtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

type (
	// A call is the input of the model. The body of a POST or a PATCH contains
	// the members that are given.
	call struct {
		method string
		link   int
		given  [memberCount]bool
		members
	}
	// An outcome is the output of the model. If zero, it is unknown: the client
	// received no response or a 5xx.
	outcome struct {
		status int
		members
	}
)

// randomCall returns a call of a link. Members are often missing, and tags
// often differ in case only.
func randomCall() call {
	c := call{method: []string{"POST", "GET", "GET", "PATCH", "DELETE"}[rand.IntN(5)], link: rand.IntN(historyLinks)}
	if c.method != "POST" && c.method != "PATCH" {
		return c
	}
	c.given[rand.IntN(memberCount)] = c.method == "PATCH" // at least one
	for i, name := range memberNames {
		switch c.given[i] = c.given[i] || rand.IntN(2) == 0; {
		case !c.given[i]:
		case i == tagsMember:
			c.members[i] = randomTags()
		case rand.IntN(4) > 0:
			c.members[i] = fmt.Sprint(name, " ", rand.Uint32())
		}
	}
	return c
}

// randomTags returns 0 to 4 different tags, separated by commas.
func randomTags() string {
	tags := []string{"a", "b", "c", "d"}
	rand.Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
	for i := range tags {
		if rand.IntN(4) == 0 {
			tags[i] = strings.ToUpper(tags[i])
		}
	}
	return strings.Join(tags[:rand.IntN(len(tags)+1)], ",")
}

// body returns the JSON object of a POST or a PATCH.
func (c call) body() []byte {
	object := map[string]any{}
	if c.method == "POST" {
		object["link"] = historyURL(c.link)
	}
	for i, name := range memberNames {
		switch {
		case c.given[i] && i == tagsMember:
			object[name] = splitTags(c.members[i])
		case c.given[i]:
			object[name] = c.members[i]
		}
	}
	body, _ := json.Marshal(object) // cannot fail
	return body
}

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
