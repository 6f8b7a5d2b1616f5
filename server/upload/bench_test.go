package upload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"zoufang/server/upload"
	"zoufang/storage/disk"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/google/uuid"
)

const benchPhoto = 300_000

// Photos through the service, four at a time, against raw fsynced file writes of the same bytes: the difference is what
// checking, naming and telling the documents costs.
func BenchmarkUpload(b *testing.B) {
	for _, chunk := range []int{benchPhoto, 65536} {
		b.Run(fmt.Sprintf("chunks of %d", chunk), func(b *testing.B) {
			dir := b.TempDir()
			db, err := sqlite.Open(b.Context(), dir, sqlite.Options{})
			ok(b, err)
			defer func() { ok(b, db.Close()) }()
			objects, err := disk.Open(filepath.Join(dir, "photos"))
			ok(b, err)
			w := &world{}
			s := upload.New(objects, engine.New(db, []byte("cursor key"), w.now), w.now, func() string { return uuid.Must(uuid.NewV7()).String() })
			fourAtATime(b, func(i int, photo []byte) error {
				p := w.person(i % 50)
				up, err := s.Create(b.Context(), p, benchPhoto, sum(photo), "image/jpeg")
				for err == nil && !up.Done {
					up, err = s.Append(b.Context(), p, up.ID, up.Offset, photo[up.Offset:min(int(up.Offset)+chunk, benchPhoto)], nil)
				}
				return err
			})
		})
	}
}

func BenchmarkRawFiles(b *testing.B) {
	dir := b.TempDir()
	fourAtATime(b, func(i int, photo []byte) error {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Write(photo); err != nil {
			return err
		}
		return f.Sync()
	})
}

func fourAtATime(b *testing.B, put func(i int, photo []byte) error) {
	photos := make([][]byte, b.N)
	for i := range photos {
		photos[i] = jpegOf(uint64(i), benchPhoto)
	}
	b.SetBytes(benchPhoto)
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := put(int(i), photos[i]); err != nil {
					b.Errorf("photo %d: %v (%s)", i, err, wire.CodeOf(err))
				}
			}
		})
	}
	wg.Wait()
}
