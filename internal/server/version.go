package server

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// tag is the version of a program that is built without its repository, as in an
// image: -ldflags "-X links/internal/server.tag=v1.2.3".
var tag string

// version tells what program this is: the tag or the commit that it was built from, and with which Go. A program that was
// built outside a checkout, or with -buildvcs=false, knows no more than (devel).
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
