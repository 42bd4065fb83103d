package main

import (
	"fmt"
	"runtime/debug"
)

// version tells what program this is: the tag or the commit that it was built from, and with which Go. A program that was
// built outside a checkout, or with -buildvcs=false, knows no more than (devel).
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		text += fmt.Sprintf(" (commit %.12s of %s)", commit, settings["vcs.time"])
	}
	return text + " " + info.GoVersion
}
