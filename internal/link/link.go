// Package link defines what a link is: its URL and ID, its title, tags and note,
// and its place in the list.
package link

import "github.com/google/uuid"

// A Link is a stored URL. Parse creates one. Storing it sets Added. Links are
// comparable.
type Link struct {
	// ID is the UUID version 5 of the URL's canonical form.
	ID uuid.UUID
	// URL is the URL as it was first stored: at most MaxURLBytes of UTF-8.
	URL string
	// Title is the title as ParseTitle returned it: at most MaxTitleBytes of
	// UTF-8. If it is empty, the link has no title.
	Title string
	// Tags are the tags as ParseTags returned them. If they are empty, the link
	// has no tags.
	Tags Tags
	// Note is the note as ParseNote returned it: at most MaxNoteBytes of UTF-8.
	// If it is empty, the link has no note.
	Note string
	// Added is the time at which the link was stored, with a tie-breaker. In an
	// argument of Store.Put, the zero value means the current time, and any
	// other value is the date of the link.
	Added Timestamp
}

// A Position is the place of a link in the list, whether or not the link still
// exists. A list is sorted by Added, and links with the same Added by ID, both
// in descending order. The zero Position precedes the newest link.
type Position struct {
	Added Timestamp
	ID    uuid.UUID
}

// Position returns the link's place in the list.
func (l Link) Position() Position {
	return Position{Added: l.Added, ID: l.ID}
}
