package engine

import (
	"fmt"
	"hash/fnv"

	"zoufang/sync/wire"
)

// digest sums up what the principal's phone should hold, for comparison ("核对", I4).
func digest(v View, p *Principal, horizon string, resp *wire.SyncResponse) error {
	var sum uint64
	count := 0
	err := v.Live(p.Scopes, horizon, func(kind wire.Kind, id wire.DocID, rev int64) {
		count++
		sum += DigestOf(kind, id, rev)
	})
	resp.Digest = &wire.Digest{Count: count, Sum: fmt.Sprintf("%016x", sum)}
	return err
}

// DigestOf is the share of one document in a digest: FNV-1a-64 of "kind/id/rev" through the finaliser of splitmix64.
func DigestOf(kind wire.Kind, id wire.DocID, rev int64) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%s/%d", kind, id, rev)
	z := h.Sum64()
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
