// Command zoufang is the server of Zoufang 走访: one binary with the phone app in it, which needs nothing but a folder.
//
//	zoufang                                              serve
//	zoufang import people.csv places.csv calendar.csv    bring in the school; -check only looks
//	zoufang health                                       exit 0 if the server on this machine answers
//	zoufang rotate-keys                                  make the next key of access tokens, from the next start on
//	zoufang version                                      print the version
//
// Settings are environment variables, see package config.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets garbage wait: what lives is small (tens of megabytes), and a push spent a sixth of its time collecting.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "zoufang:", err)
		os.Exit(1)
	}
}
