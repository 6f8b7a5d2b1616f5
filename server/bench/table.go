package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// table is what is printed: a line for each figure.
type table struct{ lines []line }

// line is one figure with its target; floor and ratio are empty where there is none.
type line struct{ what, got, spread, floor, ratio, target, verdict string }

func (t *table) add(l line) { t.lines = append(t.lines, l) }

func (t *table) print(w io.Writer, runs int) {
	fmt.Fprintf(w, "Medians of %d runs; p50 and p99 over all samples of a kind.\n\n", runs)
	head := line{"measurement", "got", "p50 / p99", "floor", "ratio", "target", ""}
	rule := line{"---", "---", "---", "---", "---", "---", "---"}
	for _, l := range append([]line{head, rule}, t.lines...) {
		fmt.Fprintf(w, "| %s |\n", strings.Join([]string{l.what, l.got, l.spread, l.floor, l.ratio, l.target, l.verdict}, " | "))
	}
}

// verdict says whether a target was reached.
func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "**short**"
}

// median of at least one value.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// quantile returns the sample below which the share q lies.
func quantile(samples []time.Duration, q float64) time.Duration {
	samples = slices.Sorted(slices.Values(samples))
	return samples[min(len(samples)-1, int(q*float64(len(samples))))]
}

func spread(samples []time.Duration) string {
	return fmt.Sprintf("%s / %s ms (%d)", ms(quantile(samples, 0.5)), ms(quantile(samples, 0.99)), len(samples))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }
