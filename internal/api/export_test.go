package api

// For tests outside of the package.
var ErrNoListMemory error = errNoListMemory

const MaxListMemory = maxListMemory

const (
	MaxBody       = maxBody
	MaxBodyMemory = maxBodyMemory
	SmallBody     = smallBody
	MaxBodyWait   = maxBodyWait
)
