package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"zoufang/server/upload"
	"zoufang/storage/disk"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// world is a server's uploads over real stores, with a clock that can be moved on.
type world struct {
	t       *testing.T
	objects *disk.Store
	engine  *switched
	service *upload.Service
	passed  atomic.Int64 // ns by which the clock is ahead
	visits  map[wire.UserID]wire.DocID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { ok(t, db.Close()) })
	objects, err := disk.Open(dir + "/photos")
	ok(t, err)
	w := &world{t: t, objects: objects, visits: map[wire.UserID]wire.DocID{}}
	w.engine = &switched{Engine: engine.New(db, []byte("cursor key"), w.now)}
	w.restart()
	return w
}

// restart is a new server over the same stores.
func (w *world) restart() { w.service = w.newService() }

func (w *world) newService() *upload.Service {
	return upload.New(w.objects, w.engine, w.now, func() string { return uuid.Must(uuid.NewV7()).String() })
}

func (w *world) time() time.Time      { return time.Now().Add(time.Duration(w.passed.Load())) }
func (w *world) now() int64           { return w.time().UnixMilli() }
func (w *world) pass(d time.Duration) { w.passed.Add(int64(d)) }
func (w *world) ctx() context.Context { return w.t.Context() }
func sum(b []byte) wire.Hash          { h := sha256.Sum256(b); return wire.Hash(hex.EncodeToString(h[:])) }
func (w *world) known(b []byte) []byte {
	w.t.Helper()
	got, err := w.objects.Object(w.ctx(), sum(b))
	ok(w.t, err)
	return got
}

func (w *world) person(n int) *engine.Principal {
	user := wire.UserID(fmt.Sprintf("01980000-0000-7000-8000-%012x", n))
	return &engine.Principal{School: "s", User: user, Device: wire.DeviceID(fmt.Sprint("d", n)), Scopes: engine.ScopesOf(user, nil, false)}
}

func (w *world) create(p *engine.Principal, photo []byte) upload.Upload {
	w.t.Helper()
	up, err := w.service.Create(w.ctx(), p, int64(len(photo)), sum(photo), "image/jpeg")
	ok(w.t, err)
	return up
}

func (w *world) append(p *engine.Principal, id string, offset int64, chunk []byte, check *[sha256.Size]byte) upload.Upload {
	w.t.Helper()
	up, err := w.service.Append(w.ctx(), p, id, offset, chunk, check)
	ok(w.t, err)
	return up
}

// visit has p submit a visit that names the photo, with colleagues.
func (w *world) visit(p *engine.Principal, photo []byte, colleagues ...wire.UserID) {
	w.t.Helper()
	at := wire.FormatTime(w.now())
	id := wire.DocID(uuid.Must(uuid.NewV7()).String())
	w.visits[p.User] = id
	set := map[string]wire.Change{}
	for name, v := range map[string]any{
		"author": p.User, "enteredBy": p.User, "recordedAt": at, "when": wire.When{Start: at, Minutes: 40},
		"where": wire.Where{Name: "梧桐苑5栋", Venue: wire.VenueDorm}, "mode": wire.ModeFaceToFace, "form": wire.FormVisit,
		"group": wire.Group{Kind: wire.GroupDorm}, "talked": 9, "raised": true,
	} {
		set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(v)}
	}
	add := map[string][]jsontext.Value{"photos": {wire.Encode(wire.Photo{ID: wire.DocID(uuid.Must(uuid.NewV7()).String()), SHA256: sum(photo),
		Bytes: len(photo), Width: 8, Height: 8, Source: wire.SourceCamera})}}
	for _, c := range colleagues {
		add["participants"] = append(add["participants"], wire.Encode(wire.Participant{ID: c}))
	}
	m := wire.Mutation{Device: p.Device, Seq: 1, At: w.now(), Schema: wire.Schema, App: "test", Kind: wire.KindVisit, Doc: id,
		Set: set, Append: add, Command: &wire.Command{Verb: wire.VerbSubmit}}
	resp, err := w.engine.Sync(w.ctx(), p, &wire.SyncRequest{Device: p.Device, Schema: wire.Schema, Push: []jsontext.Value{wire.Encode(m)}})
	ok(w.t, err)
	if len(resp.Results) != 1 || resp.Results[0].Code != "" {
		w.t.Fatalf("the visit was answered %+v", resp.Results)
	}
}

// evidence compares what p's visit says of its photos with "have/want state".
func (w *world) evidence(p *engine.Principal, want string) {
	w.t.Helper()
	doc, err := w.engine.Document(w.ctx(), p, w.visits[p.User])
	ok(w.t, err)
	var e wire.Evidence
	ok(w.t, wire.Decode(doc.Fields["evidence"], &e))
	if got := fmt.Sprintf("%d/%d %s", e.Have, e.Want, e.State); got != want {
		w.t.Errorf("evidence is %s, want %s", got, want)
	}
}

func (w *world) stored(photo []byte) {
	w.t.Helper()
	if !bytes.Equal(w.known(photo), photo) {
		w.t.Error("the stored photo has other bytes")
	}
}

func (w *world) nothingStaged(p *engine.Principal) {
	w.t.Helper()
	uploads, err := w.objects.Uploads(w.ctx(), p.User)
	if ok(w.t, err); len(uploads) > 0 {
		w.t.Errorf("uploads are left behind: %+v", uploads)
	}
}

// switched is the real engine, whose last step can be made to fail or to wait.
type switched struct {
	*engine.Engine
	down           atomic.Bool
	entered, leave chan struct{}
}

func (s *switched) PhotoStored(ctx context.Context, p *engine.Principal, hash wire.Hash, n int64) error {
	if s.down.Load() {
		return wire.Fault(wire.CodeUnavailable, "database")
	}
	if s.entered != nil {
		close(s.entered)
		<-s.leave
	}
	return s.Engine.PhotoStored(ctx, p, hash, n)
}

// jpegOf returns a JPEG of exactly n bytes that depend on seed: a small picture and a colour profile.
func jpegOf(seed uint64, n int) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		panic(err)
	}
	small := out.Bytes()
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	var profile []byte
	for left := n - len(small); left > 0; {
		size := min(left, 60_000)
		if rest := left - size; rest > 0 && rest < 32 {
			size -= 32
		}
		body := make([]byte, size-4)
		_, _ = random.Read(body) // never fails
		copy(body, "ICC_PROFILE\x00")
		profile = slices.Concat(profile, []byte{0xFF, 0xE2, byte((size - 2) >> 8), byte(size - 2)}, body)
		left -= size
	}
	return slices.Concat(small[:2], profile, small[2:])
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, want wire.Code) {
	t.Helper()
	if err == nil || wire.CodeOf(err) != want {
		t.Errorf("got error %v, want code %s", err, want)
	}
}
