package disk_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"zoufang/storage/disk"
	"zoufang/sync/wire"
)

func BenchmarkPut(b *testing.B) {
	s, err := disk.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	photo := make([]byte, 300_000)
	b.SetBytes(int64(len(photo)))
	for i := range b.N {
		binary.LittleEndian.PutUint64(photo, uint64(i))
		h := sha256.Sum256(photo)
		if err := s.Put(b.Context(), wire.Hash(hex.EncodeToString(h[:])), photo); err != nil {
			b.Fatal(err)
		}
	}
}
