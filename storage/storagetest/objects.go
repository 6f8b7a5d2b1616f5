package storagetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// ObjectStore is what every object store does; storage/disk describes each method.
type ObjectStore interface {
	Put(ctx context.Context, hash wire.Hash, b []byte) error
	Object(ctx context.Context, hash wire.Hash) ([]byte, error)
	Known(ctx context.Context, hash wire.Hash) (storage.Object, error)
	Each(ctx context.Context, fn func(storage.Object) error) error
	Thumbnail(ctx context.Context, hash wire.Hash) ([]byte, error)
	PutThumbnail(ctx context.Context, hash wire.Hash, b []byte) error
	Begin(ctx context.Context, key storage.UploadKey) error
	Stage(ctx context.Context, key storage.UploadKey, offset int64, chunk []byte) error
	Staged(ctx context.Context, key storage.UploadKey) (storage.Upload, error)
	Assemble(ctx context.Context, key storage.UploadKey, hash wire.Hash, size int64, check func([]byte) error) error
	Discard(ctx context.Context, key storage.UploadKey) error
	Uploads(ctx context.Context, user wire.UserID) ([]storage.Upload, error)
	Stale(ctx context.Context, before int64) ([]storage.Upload, error)
}

// ObjectsSetup is how the suite gets at a store.
type ObjectsSetup struct {
	// Open opens the store kept in dir; opening the same dir again finds the same photos.
	Open func(dir string) (ObjectStore, error)
	// Damage rewrites a photo's stored bytes behind the store's back.
	Damage func(dir string, hash wire.Hash, change func([]byte) []byte) error
}

// Objects runs the suite.
func Objects(t *testing.T, setup ObjectsSetup) {
	for _, c := range objectChecks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, setup)
		})
	}
	t.Run(killedName, func(t *testing.T) { killedDuringPut(t, setup) })
}

// reporter is the part of *testing.T that checks use, so that the suite can be shown to catch broken stores.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
	TempDir() string
}

type objectCheck struct {
	name string
	run  func(t reporter, setup ObjectsSetup)
}

var objectChecks = []objectCheck{
	{"a photo put is read back, also by another process", putAndRead},
	{"a photo that was never put is not found", neverPut},
	{"bytes of another hash are not stored", wrongHash},
	{"a damaged photo is reported and never handed out", damaged},
	{"putting a damaged photo again mends it", mended},
	{"many put the same photo at once", sameAtOnce},
	{"every photo is listed once", listed},
	{"thumbnails are kept apart from photos", thumbnails},
	{"an upload grows chunk by chunk and becomes a photo", assembled},
	{"a chunk at another offset is not taken", outOfOrder},
	{"of many chunks for one offset one is taken", oneChunkWins},
	{"an upload of wrong bytes becomes no photo", assembledWrong},
	{"the check of the caller has the last word", checkRefuses},
	{"an assembled upload takes no more bytes", sealed},
	{"a discarded upload is gone and its photo stays", discarded},
	{"uploads are listed to their user and none else", uploadsOfUser},
	{"uploads are stale by the time of their last byte", stale},
	{"impossible names reach no file", impossibleNames},
}

// bench is an open store with a folder and some bytes.
type bench struct {
	reporter
	ObjectStore
	ctx context.Context
	dir string
}

func onBench(t reporter, setup ObjectsSetup) bench {
	t.Helper()
	dir := t.TempDir()
	s, err := setup.Open(dir)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return bench{reporter: t, ObjectStore: s, ctx: t.Context(), dir: dir}
}

func (b bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%v", err)
	}
}

func (b bench) code(err error, want wire.Code) {
	b.Helper()
	if err == nil || wire.CodeOf(err) != want {
		b.Fatalf("got error %v, want code %s", err, want)
	}
}

func (b bench) holds(hash wire.Hash, want []byte) {
	b.Helper()
	got, err := b.Object(b.ctx, hash)
	b.ok(err)
	if !bytes.Equal(got, want) {
		b.Fatalf("photo has %d other bytes, want %d", len(got), len(want))
	}
}

func (b bench) stands(key storage.UploadKey, want int64) {
	b.Helper()
	up, err := b.Staged(b.ctx, key)
	b.ok(err)
	if up.Bytes != want || up.UploadKey != key {
		b.Fatalf("Staged = %+v, want %d bytes of %+v", up, want, key)
	}
}

func putAndRead(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 300_000)
	b.ok(b.Put(b.ctx, hash, photo))
	b.ok(b.Put(b.ctx, hash, photo)) // insert once
	again, err := setup.Open(b.dir)
	b.ok(err)
	for _, s := range []ObjectStore{b.ObjectStore, again} {
		b.ObjectStore = s
		b.holds(hash, photo)
		object, err := b.Known(b.ctx, hash)
		b.ok(err)
		if want := (storage.Object{Hash: hash, Bytes: int64(len(photo))}); object != want {
			b.Errorf("Known = %+v, want %+v", object, want)
		}
	}
}

func neverPut(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	_, hash := some(1, 10)
	_, err := b.Object(b.ctx, hash)
	b.code(err, wire.CodeNotFound)
	_, err = b.Known(b.ctx, hash)
	b.code(err, wire.CodeNotFound)
	_, err = b.Thumbnail(b.ctx, hash)
	b.code(err, wire.CodeNotFound)
}

func wrongHash(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, _ := some(1, 1000)
	_, other := some(2, 1000)
	b.code(b.Put(b.ctx, other, photo), wire.CodeHashMismatch)
	_, err := b.Known(b.ctx, other)
	b.code(err, wire.CodeNotFound)
}

func damaged(t reporter, setup ObjectsSetup) {
	for _, harm := range []func([]byte) []byte{
		func(p []byte) []byte { p[len(p)/2] ^= 1; return p },
		func(p []byte) []byte { return p[:len(p)-1] },
		func(p []byte) []byte { return append(p, 0) },
		func([]byte) []byte { return nil },
	} {
		b := onBench(t, setup)
		photo, hash := some(1, 100_000)
		b.ok(b.Put(b.ctx, hash, photo))
		b.ok(setup.Damage(b.dir, hash, harm))
		got, err := b.Object(b.ctx, hash)
		b.code(err, wire.CodeInternal)
		if !errors.Is(err, storage.ErrDamaged) || got != nil {
			b.Errorf("got %d bytes and %v, want none and ErrDamaged", len(got), err)
		}
	}
}

func mended(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 100_000)
	b.ok(b.Put(b.ctx, hash, photo))
	b.ok(setup.Damage(b.dir, hash, func(p []byte) []byte { p[0] ^= 1; return p }))
	b.ok(b.Put(b.ctx, hash, photo))
	b.holds(hash, photo)
}

func sameAtOnce(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 50_000)
	errs := make([]error, 32)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = b.Put(b.ctx, hash, photo) })
	}
	wg.Wait()
	b.ok(errors.Join(errs...))
	b.holds(hash, photo)
}

func listed(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	want := map[wire.Hash]int64{}
	for i := range 20 {
		photo, hash := some(uint64(i), 100+i)
		b.ok(b.Put(b.ctx, hash, photo))
		want[hash] = int64(len(photo))
	}
	b.ok(b.Each(b.ctx, func(o storage.Object) error {
		if want[o.Hash] != o.Bytes {
			b.Errorf("listed %+v, want %d bytes", o, want[o.Hash])
		}
		delete(want, o.Hash)
		return nil
	}))
	if len(want) > 0 {
		b.Errorf("%d photos were not listed", len(want))
	}
	stop := errors.New("stop")
	if err := b.Each(b.ctx, func(storage.Object) error { return wire.Fault(wire.CodeConflict, "%s", stop) }); wire.CodeOf(err) != wire.CodeConflict {
		b.Errorf("Each returned %v, want the error of its function", err)
	}
}

func thumbnails(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 1000)
	b.ok(b.Put(b.ctx, hash, photo))
	for _, small := range [][]byte{[]byte("small"), nil, []byte("other")} { // nil: none can be made
		b.ok(b.PutThumbnail(b.ctx, hash, small))
		got, err := b.Thumbnail(b.ctx, hash)
		b.ok(err)
		if !bytes.Equal(got, small) {
			b.Errorf("Thumbnail = %q, want %q", got, small)
		}
	}
	b.holds(hash, photo)
}

func assembled(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 300_000)
	key := upload(1, "a")
	b.ok(b.Begin(b.ctx, key))
	b.code(b.Begin(b.ctx, key), wire.CodeConflict)
	for at := 0; at < len(photo); at += 65536 {
		b.stands(key, int64(at))
		b.ok(b.Stage(b.ctx, key, int64(at), photo[at:min(at+65536, len(photo))]))
	}
	seen := 0
	for range 2 { // a lost answer: once more is fine
		b.ok(b.Assemble(b.ctx, key, hash, int64(len(photo)), func(p []byte) error { seen += len(p); return nil }))
		b.stands(key, int64(len(photo)))
	}
	b.ok(b.Discard(b.ctx, key))
	b.holds(hash, photo)
	if seen != 2*len(photo) {
		b.Errorf("the check saw %d bytes, want %d", seen, 2*len(photo))
	}
}

func outOfOrder(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	key := upload(1, "a")
	b.code(b.Stage(b.ctx, key, 0, []byte("abc")), wire.CodeNotFound)
	b.ok(b.Begin(b.ctx, key))
	b.code(b.Stage(b.ctx, key, 1, []byte("b")), wire.CodeOffset)
	b.ok(b.Stage(b.ctx, key, 0, []byte("abc")))
	b.code(b.Stage(b.ctx, key, 0, []byte("abc")), wire.CodeOffset) // a doubled request
	b.code(b.Stage(b.ctx, key, 4, []byte("e")), wire.CodeOffset)
	b.stands(key, 3)
}

func oneChunkWins(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	key := upload(1, "a")
	b.ok(b.Begin(b.ctx, key))
	var want []byte
	for round := range 20 {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			chunk := bytes.Repeat([]byte{byte(round*8 + i)}, 1000)
			wg.Go(func() { errs[i] = b.Stage(b.ctx, key, int64(round*1000), chunk) })
		}
		wg.Wait()
		wins := 0
		for i, err := range errs {
			switch code := wire.CodeOf(err); {
			case err == nil:
				wins++
				want = append(want, bytes.Repeat([]byte{byte(round*8 + i)}, 1000)...)
			case code != wire.CodeOffset && code != wire.CodeLocked:
				b.ok(err)
			}
		}
		if wins != 1 {
			b.Fatalf("%d chunks were taken for one offset, want 1", wins)
		}
	}
	b.ok(b.Assemble(b.ctx, key, sum(want), int64(len(want)), func([]byte) error { return nil }))
	b.holds(sum(want), want)
}

func assembledWrong(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 1000)
	_, other := some(2, 1000)
	key := upload(1, "a")
	none := func([]byte) error { return nil }
	b.code(b.Assemble(b.ctx, key, hash, 1000, none), wire.CodeNotFound)
	b.ok(b.Begin(b.ctx, key))
	b.ok(b.Stage(b.ctx, key, 0, photo[:999]))
	b.code(b.Assemble(b.ctx, key, hash, 1000, none), wire.CodeHashMismatch)
	b.code(b.Assemble(b.ctx, key, hash, 999, none), wire.CodeHashMismatch)
	b.ok(b.Stage(b.ctx, key, 999, photo[999:]))
	b.code(b.Assemble(b.ctx, key, other, 1000, none), wire.CodeHashMismatch)
	b.code(b.Assemble(b.ctx, key, hash, 1001, none), wire.CodeHashMismatch)
	for _, h := range []wire.Hash{hash, other} {
		_, err := b.Known(b.ctx, h)
		b.code(err, wire.CodeNotFound)
	}
}

func checkRefuses(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 1000)
	key := upload(1, "a")
	b.ok(b.Begin(b.ctx, key))
	b.ok(b.Stage(b.ctx, key, 0, photo))
	b.code(b.Assemble(b.ctx, key, hash, 1000, func([]byte) error { return wire.Fault(wire.CodePosition, "") }), wire.CodePosition)
	_, err := b.Known(b.ctx, hash)
	b.code(err, wire.CodeNotFound)
}

func sealed(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 1000)
	key := upload(1, "a")
	b.ok(b.Begin(b.ctx, key))
	b.ok(b.Stage(b.ctx, key, 0, photo))
	b.ok(b.Assemble(b.ctx, key, hash, 1000, func([]byte) error { return nil }))
	b.code(b.Stage(b.ctx, key, 1000, []byte("more")), wire.CodeConflict)
	b.holds(hash, photo)
}

func discarded(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	photo, hash := some(1, 1000)
	key := upload(1, "a")
	b.ok(b.Begin(b.ctx, key))
	b.ok(b.Stage(b.ctx, key, 0, photo))
	b.ok(b.Assemble(b.ctx, key, hash, 1000, func([]byte) error { return nil }))
	b.ok(b.Discard(b.ctx, key))
	b.ok(b.Discard(b.ctx, key))
	_, err := b.Staged(b.ctx, key)
	b.code(err, wire.CodeNotFound)
	b.code(b.Stage(b.ctx, key, 1000, []byte("more")), wire.CodeNotFound)
	b.holds(hash, photo)
	b.ok(b.Begin(b.ctx, key)) // the name is free again
	b.stands(key, 0)
}

func uploadsOfUser(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	for _, key := range []storage.UploadKey{upload(1, "b"), upload(1, "a"), upload(2, "c")} {
		b.ok(b.Begin(b.ctx, key))
		b.ok(b.Stage(b.ctx, key, 0, []byte(key.ID+"12")))
	}
	_, err := b.Staged(b.ctx, upload(2, "a"))
	b.code(err, wire.CodeNotFound)
	for user, want := range map[uint64][]string{1: {"a", "b"}, 2: {"c"}, 3: nil} {
		uploads, err := b.Uploads(b.ctx, upload(user, "").User)
		b.ok(err)
		var got []string
		for _, up := range uploads {
			got = append(got, up.ID)
			b.stands(up.UploadKey, 3)
		}
		if !slices.Equal(got, want) {
			b.Errorf("uploads of user %d are %v, want %v", user, got, want)
		}
	}
}

func stale(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	for i := range uint64(3) {
		b.ok(b.Begin(b.ctx, upload(i, "a")))
	}
	for offset, want := range map[time.Duration]int{time.Hour: 3, -time.Hour: 0} {
		got, err := b.Stale(b.ctx, time.Now().Add(offset).UnixMilli())
		b.ok(err)
		if len(got) != want {
			b.Errorf("%d uploads untouched since %v from now, want %d", len(got), offset, want)
		}
	}
}

func impossibleNames(t reporter, setup ObjectsSetup) {
	b := onBench(t, setup)
	for _, id := range []string{"", "..", "../a", "a/b", "A", "a\x00", string(make([]byte, 500))} {
		_, err := b.Staged(b.ctx, upload(1, id))
		b.code(err, wire.CodeNotFound)
		b.code(b.Begin(b.ctx, upload(1, id)), wire.CodeNotFound)
	}
	b.code(b.Begin(b.ctx, storage.UploadKey{User: "..", ID: "a"}), wire.CodeNotFound)
	for _, hash := range []wire.Hash{"", "..", "../../../../etc/passwd"} {
		_, err := b.Object(b.ctx, hash)
		b.code(err, wire.CodeNotFound)
		b.code(b.Put(b.ctx, hash, nil), wire.CodeHashMismatch)
	}
}

// some returns n bytes that depend on seed, and their hash.
func some(seed uint64, n int) ([]byte, wire.Hash) {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b) // never fails
	return b, sum(b)
}

func sum(b []byte) wire.Hash {
	h := sha256.Sum256(b)
	return wire.Hash(hex.EncodeToString(h[:]))
}

func upload(user uint64, id string) storage.UploadKey {
	return storage.UploadKey{User: wire.UserID(fmt.Sprintf("00000000-0000-7000-8000-%012d", user)), ID: id}
}
