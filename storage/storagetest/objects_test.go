package storagetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"zoufang/storage"
	"zoufang/storage/disk"
	"zoufang/sync/wire"
)

// recorder is a reporter that remembers a failure, so that a check may fail without failing the test.
type recorder struct {
	t      *testing.T
	failed bool
}

func (r *recorder) Helper()                  {}
func (r *recorder) Errorf(string, ...any)    { r.failed = true }
func (r *recorder) Fatalf(string, ...any)    { r.failed = true; runtime.Goexit() }
func (r *recorder) Context() context.Context { return r.t.Context() }
func (r *recorder) TempDir() string          { return r.t.TempDir() }

// A store broken in one way, and the check that must notice.
func TestObjectsSuiteCatchesBrokenStores(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		make func(*disk.Store, string) ObjectStore
		want string
	}{
		{"acknowledges without storing", func(s *disk.Store, _ string) ObjectStore { return forgetful{s} }, "a photo put is read back, also by another process"},
		{"takes bytes of another hash", func(s *disk.Store, _ string) ObjectStore { return trusting{s} }, "bytes of another hash are not stored"},
		{"reads without verifying", func(s *disk.Store, dir string) ObjectStore { return unverified{s, dir} }, "a damaged photo is reported and never handed out"},
		{"appends at any offset", func(s *disk.Store, _ string) ObjectStore { return unordered{s} }, "a chunk at another offset is not taken"},
		{"skips the caller's check", func(s *disk.Store, _ string) ObjectStore { return unchecked{s} }, "the check of the caller has the last word"},
		{"loses the upload with a lost answer", func(s *disk.Store, _ string) ObjectStore { return hasty{s} }, "an upload grows chunk by chunk and becomes a photo"},
		{"keeps discarded uploads", func(s *disk.Store, _ string) ObjectStore { return hoarding{s} }, "a discarded upload is gone and its photo stays"},
		{"writes into an assembled photo", func(s *disk.Store, dir string) ObjectStore { return unsealed{s, dir} }, "an assembled upload takes no more bytes"},
		{"keeps the photo and the thumbnail together", func(s *disk.Store, dir string) ObjectStore { return mixed{s, dir} }, "thumbnails are kept apart from photos"},
		{"never finds an upload stale", func(s *disk.Store, _ string) ObjectStore { return eternal{s} }, "uploads are stale by the time of their last byte"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			setup := diskSetup
			setup.Open = func(dir string) (ObjectStore, error) {
				s, err := disk.Open(dir)
				return tt.make(s, dir), err
			}
			i := slices.IndexFunc(objectChecks, func(c objectCheck) bool { return c.name == tt.want })
			if i < 0 {
				t.Fatalf("no check is named %q", tt.want)
			}
			r := &recorder{t: t}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				objectChecks[i].run(r, setup)
			}()
			<-ended
			if !r.failed {
				t.Error("the check did not notice")
			}
		})
	}
}

var diskSetup = ObjectsSetup{
	Open: func(dir string) (ObjectStore, error) { return disk.Open(dir) },
	Damage: func(dir string, hash wire.Hash, change func([]byte) []byte) error {
		b, err := os.ReadFile(photoFile(dir, hash))
		if err != nil {
			return err
		}
		return os.WriteFile(photoFile(dir, hash), change(b), 0o600)
	},
}

func photoFile(dir string, hash wire.Hash) string {
	return filepath.Join(dir, "sha256", string(hash[:2]), string(hash[2:4]), string(hash))
}

type (
	forgetful struct{ *disk.Store }
	trusting  struct{ *disk.Store }
	unordered struct{ *disk.Store }
	unchecked struct{ *disk.Store }
	hasty     struct{ *disk.Store }
	hoarding  struct{ *disk.Store }
	eternal   struct{ *disk.Store }

	unverified struct {
		*disk.Store
		dir string
	}
	unsealed struct {
		*disk.Store
		dir string
	}
	mixed struct {
		*disk.Store
		dir string
	}
)

func (forgetful) Put(context.Context, wire.Hash, []byte) error { return nil }

func (s trusting) Put(ctx context.Context, _ wire.Hash, b []byte) error {
	return s.Store.Put(ctx, sum(b), b)
}

func (s unverified) Object(_ context.Context, hash wire.Hash) ([]byte, error) {
	b, err := os.ReadFile(photoFile(s.dir, hash))
	if err != nil {
		return nil, wire.Fault(wire.CodeNotFound, "photo")
	}
	return b, nil
}

func (s unordered) Stage(ctx context.Context, key storage.UploadKey, _ int64, chunk []byte) error {
	up, err := s.Staged(ctx, key)
	if err != nil {
		return err
	}
	return s.Store.Stage(ctx, key, up.Bytes, chunk)
}

func (s unchecked) Assemble(ctx context.Context, key storage.UploadKey, hash wire.Hash, size int64, _ func([]byte) error) error {
	return s.Store.Assemble(ctx, key, hash, size, func([]byte) error { return nil })
}

func (s hasty) Assemble(ctx context.Context, key storage.UploadKey, hash wire.Hash, size int64, check func([]byte) error) error {
	if err := s.Store.Assemble(ctx, key, hash, size, check); err != nil {
		return err
	}
	return s.Discard(ctx, key)
}

func (hoarding) Discard(context.Context, storage.UploadKey) error { return nil }

func (s unsealed) Stage(_ context.Context, key storage.UploadKey, offset int64, chunk []byte) error {
	f, err := os.OpenFile(filepath.Join(s.dir, "staging", string(key.User), key.ID), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	defer f.Close()
	_, err = f.WriteAt(chunk, offset)
	return err
}

func (s mixed) PutThumbnail(ctx context.Context, hash wire.Hash, b []byte) error {
	if err := s.Store.PutThumbnail(ctx, hash, b); err != nil {
		return err
	}
	return os.WriteFile(photoFile(s.dir, hash), b, 0o600)
}

func (eternal) Stale(context.Context, int64) ([]storage.Upload, error) { return nil, nil }
