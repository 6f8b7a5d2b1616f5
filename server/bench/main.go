// Command bench measures the built server through HTTP, signed in, on the embedded engines, and prints each figure beside a
// floor measured in the same run: the same rows in the same tables of SQLite by prepared statements and nothing else, and
// files written and synced and nothing else. Machines are noisy, so rates are medians of the runs.
//
//	go run ./server/bench [-runs 5] [-only push] [-bin bin/zoufang]
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// The sizes of the measurements.
const (
	pushVisits   = 2_000
	pushBatch    = 100
	clients      = 50
	clientVisits = 40
	clientBatch  = 20
	pullVisits   = 10_000
	deltas       = 200
	deltaVisits  = 10
	photos       = 100
	photoBytes   = 300_000
	photoLanes   = 4
)

func main() {
	runs := flag.Int("runs", 5, "how often each rate is measured; the median counts")
	bin := flag.String("bin", "bin/zoufang", "the server to measure")
	only := flag.String("only", "", "measure only this: push, clients, pull, deltas or photos")
	flag.Parse()
	if err := run(*bin, *runs, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(bin string, runs int, only string) error {
	dir, err := os.MkdirTemp("", "zoufang-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(bin, dir+"/data")
	if err != nil {
		return err
	}
	defer s.stop()
	raw, err := openFloor(s.data, dir+"/floor")
	if err != nil {
		return err
	}
	defer raw.close()

	var t table
	begun := time.Now()
	for _, m := range []struct {
		name    string
		measure func(*server, *floor, int, *table) error
	}{{"push", measurePush}, {"clients", measureClients}, {"pull", measurePull}, {"deltas", measureDeltas}, {"photos", measurePhotos}} {
		if only != "" && only != m.name {
			continue
		}
		if err := m.measure(s, raw, runs, &t); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "measured %s after %s\n", m.name, time.Since(begun).Round(time.Second))
	}
	t.print(os.Stdout, runs)
	return nil
}
