package main

import "runtime/debug"

// version is set by the linker (-X main.version=…) in a release.
var version string

// versionString is what the binary knows of where it comes from.
func versionString() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "source"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "source"
}
