package link

import "github.com/google/uuid"

// Merge returns the links without repeated IDs. If several links have the same
// ID, the result contains the first one, with the first title among them. Merge
// does not modify its argument.
func Merge(links []Link) []Link {
	index := make(map[uuid.UUID]int, len(links))
	merged := make([]Link, 0, len(links))
	for _, l := range links {
		i, repeated := index[l.ID]
		switch {
		case !repeated:
			index[l.ID] = len(merged)
			merged = append(merged, l)
		case merged[i].Title == "":
			merged[i].Title = l.Title
		}
	}
	return merged
}
