package api

// What tests outside the package need of it.
var ErrNoListMemory error = errNoListMemory

const MaxListMemory = maxListMemory

const (
	MaxBody       = maxBody
	MaxBodyMemory = maxBodyMemory
	SmallBody     = smallBody
	MaxBodyWait   = maxBodyWait
)
