package main

import (
	"testing"
	"time"
)

func TestAClockOfThePastIsRefused(t *testing.T) {
	t.Parallel()
	if err := clockFault(time.Unix(0, 0)); err == nil {
		t.Error("a machine that booted without a clock would refuse every visit, for good")
	}
	if err := clockFault(time.Now()); err != nil {
		t.Error(err)
	}
}
