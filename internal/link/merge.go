package link

import "github.com/google/uuid"

// Merge returns the links without repeated IDs. If several links have the same
// ID, the result contains the first one, filled in from the others in order.
// Merge does not modify its argument, which does not share memory with the
// result.
func Merge(links []Link) []Link {
	index := make(map[uuid.UUID]int, len(links))
	merged := make([]Link, 0, len(links))
	for _, l := range links {
		if i, repeated := index[l.ID]; repeated {
			merged[i] = merged[i].FillIn(l)
			continue
		}
		index[l.ID] = len(merged)
		merged = append(merged, l)
	}
	return merged
}

// FillIn returns l with the title and the note of other where l has none, and
// with the tags of other that l does not have, as Tags.Add adds them.
func (l Link) FillIn(other Link) Link {
	if l.Title == "" {
		l.Title = other.Title
	}
	if l.Note == "" {
		l.Note = other.Note
	}
	l.Tags = l.Tags.Add(other.Tags)
	return l
}

// Changes are changes of one link. A member that is nil does not change.
type Changes struct {
	Title *string // as ParseTitle returned it; empty removes the title
	Tags  *Tags   // empty removes all tags
	Note  *string // as ParseNote returned it; empty removes the note
}

// Apply returns l with the changes.
func (c Changes) Apply(l Link) Link {
	if c.Title != nil {
		l.Title = *c.Title
	}
	if c.Tags != nil {
		l.Tags = *c.Tags
	}
	if c.Note != nil {
		l.Note = *c.Note
	}
	return l
}
