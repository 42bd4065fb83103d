package boltstore

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// A panicError is the error of a panic in a function that accesses the mapped
// file. bbolt panics if a page is corrupt, and the runtime if a page cannot be
// read, because the file was truncated or the disk failed.
type panicError struct{ value any }

// Error omits a run-time error of Go, such as a nil dereference, which does not
// explain the cause to the operator. The log contains it at debug level.
func (e panicError) Error() string {
	const text = "the file is truncated or corrupt, or cannot be read"
	if _, ok := e.value.(runtime.Error); ok {
		return text
	}
	return fmt.Sprintf("%s: %v", text, e.value)
}

// guard calls f and returns its error. If f panics, guard logs the stack at
// debug level and returns a panicError.
func guard(log *slog.Logger, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Debug("panic while accessing the file", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = panicError{p}
		}
	}()
	// Without this, a page that cannot be read would crash the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return f()
}
