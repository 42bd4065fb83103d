package server

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// tag is the version of a build without a repository, as in an image:
// -ldflags "-X links/internal/server.tag=v1.2.3".
var tag string

// version returns the tag or the commit of the build, and the Go version. A build
// outside a repository, or with -buildvcs=false, has the version (devel).
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := cmp.Or(tag, info.Main.Version)
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		text += fmt.Sprintf(" (commit %.12s of %s)", commit, settings["vcs.time"])
	}
	return text + " " + info.GoVersion
}
