package api

// What tests outside the package need of it.
var ErrNoRoom error = errNoRoom

const MaxListMemory = maxListMemory

const (
	MaxBody       = maxBody
	MaxBodyMemory = maxBodyMemory
	ShortBody     = shortBody
)
