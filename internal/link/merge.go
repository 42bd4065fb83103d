package link

import "github.com/google/uuid"

// Merge returns the links without repeated IDs. Of links with the same ID the first
// is kept, with the first title among them. It does not modify its argument.
func Merge(links []Link) []Link {
	place := make(map[uuid.UUID]int, len(links))
	merged := make([]Link, 0, len(links))
	for _, l := range links {
		i, repeated := place[l.ID]
		switch {
		case !repeated:
			place[l.ID] = len(merged)
			merged = append(merged, l)
		case merged[i].Title == "":
			merged[i].Title = l.Title
		}
	}
	return merged
}
