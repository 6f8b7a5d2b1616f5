package engine_test

import (
	"testing"

	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// BenchmarkPush pushes batches of 100 new visits; one operation is one batch.
func BenchmarkPush(b *testing.B) {
	w := &world{clock: 1_795_432_800_000}
	db, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	w.eng = engine.New(db, []byte("k"), func() int64 { return w.clock })
	ph := w.phone("alice-1", person(1))
	n := 0
	for b.Loop() {
		b.StopTimer()
		var push []jsontext.Value
		for range 100 {
			n++
			push = append(push, ph.mutation(ph.visit(docID(n), nil)))
		}
		body := wire.Encode(&wire.SyncRequest{Device: "alice-1", Schema: 1, Acked: ph.seq - 100, Push: push})
		b.StartTimer()
		req, err := wire.ParseSync(body)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := w.eng.Sync(b.Context(), &ph.p, req)
		if err != nil {
			b.Fatal(err)
		}
		wire.AppendResponse(nil, resp)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "µs/visit")
}
