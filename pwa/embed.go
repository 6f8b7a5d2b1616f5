// Package pwa holds the built phone app, so that one binary serves everything.
//
// The app is built into dist by Vite (`npm run build`). A checkout that was never built has a dist with nothing but a
// placeholder: the server then compiles without Node and answers that the app is not in this binary.
package pwa

import (
	"embed"
	"io/fs"
)

// dist is embedded whole ("all:"): the placeholder that keeps the folder in git starts with a dot.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built app, index.html at its root. Without a build it holds no index.html.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // The name is a constant and valid: only a bug here can get us there.
	}
	return files
}
