package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"zoufang/server/upload"
	"zoufang/storage"
	"zoufang/sync/wire"
)

func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li := w.person(1)
	photo := jpegOf(1, 300_000)
	w.visit(li, photo)
	up := w.create(li, photo)
	for at := 0; at < len(photo); at += 65536 {
		if up.Offset != int64(at) || up.Done || up.Expires.Before(w.time()) {
			t.Fatalf("at %d: %+v", at, up)
		}
		chunk := photo[at:min(at+65536, len(photo))]
		check := sha256.Sum256(chunk)
		up = w.append(li, up.ID, int64(at), chunk, &check)
	}
	if want := (upload.Upload{ID: up.ID, Offset: 300_000, Length: 300_000, Done: true}); up != want {
		t.Errorf("got %+v, want %+v", up, want)
	}
	w.stored(photo)
	w.evidence(li, "1/1 complete")
	w.nothingStaged(li)
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hash := sum([]byte("x"))
	for _, tt := range []struct {
		name   string
		length int64
		hash   wire.Hash
		media  string
		want   wire.Code
	}{
		{"nothing", 0, hash, "image/jpeg", wire.CodeUnprocessable},
		{"less than nothing", -1, hash, "image/jpeg", wire.CodeUnprocessable},
		{"more than a photo", wire.MaxPhotoBytes + 1, hash, "image/jpeg", wire.CodeTooLarge},
		{"no hash", 10, "", "image/jpeg", wire.CodeUnprocessable},
		{"a path as hash", 10, "../../../../etc/passwd", "image/jpeg", wire.CodeUnprocessable},
		{"a PNG", 10, hash, "image/png", wire.CodeMediaType},
		{"a page", 10, hash, "text/html", wire.CodeMediaType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.service.Create(t.Context(), w.person(1), tt.length, tt.hash, tt.media)
			wantCode(t, err, tt.want)
		})
	}
	w.nothingStaged(w.person(1))
}

func TestWrongBytesAreDiscarded(t *testing.T) {
	t.Parallel()
	good := jpegOf(1, 5000)
	for _, tt := range []struct {
		name string
		sent []byte
		hash wire.Hash
		want wire.Code
	}{
		{"bytes of another hash", good, sum([]byte("other")), wire.CodeHashMismatch},
		{"a PNG", []byte("\x89PNG\r\n\x1a\n"), "", wire.CodeMediaType},
		{"a page", []byte("<html><script>alert(1)</script>"), "", wire.CodeMediaType},
		{"a picture and a page", append(slices.Clone(good), "<script>"...), "", wire.CodeImage},
		{"half a picture", good[:2000], "", wire.CodeImage},
		{"a position", slices.Concat(good[:2], []byte("\xff\xe1\x00\x0eXMP exif:GPS"), good[2:]), "", wire.CodePosition},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			li := w.person(1)
			if tt.hash == "" {
				tt.hash = sum(tt.sent)
			}
			up, err := w.service.Create(t.Context(), li, int64(len(tt.sent)), tt.hash, "image/jpeg")
			ok(t, err)
			_, err = w.service.Append(t.Context(), li, up.ID, 0, tt.sent, nil)
			wantCode(t, err, tt.want)
			if errors.Is(err, upload.ErrChunk) {
				t.Error("the whole is at fault and not a chunk")
			}
			_, err = w.service.Info(t.Context(), li, up.ID)
			wantCode(t, err, wire.CodeNotFound)
			w.nothingStaged(li)
			for _, hash := range []wire.Hash{tt.hash, sum(tt.sent)} {
				_, err = w.objects.Known(t.Context(), hash)
				wantCode(t, err, wire.CodeNotFound)
			}
		})
	}
}

func TestAppendRefusesWithoutHarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	up := w.append(li, w.create(li, photo).ID, 0, photo[:600], nil)
	wrong := sha256.Sum256([]byte("wrong"))
	for _, tt := range []struct {
		name   string
		offset int64
		chunk  []byte
		check  *[sha256.Size]byte
		want   wire.Code
	}{
		{"a chunk sent twice", 0, photo[:600], nil, wire.CodeOffset},
		{"a chunk after a gap", 700, photo[700:], nil, wire.CodeOffset},
		{"an offset below nothing", -1, photo[:10], nil, wire.CodeOffset},
		{"more than was promised", 600, make([]byte, 401), nil, wire.CodeTooLarge},
		{"a chunk that was damaged on its way", 600, photo[600:], &wrong, wire.CodeHashMismatch},
	} {
		got, err := w.service.Append(t.Context(), li, up.ID, tt.offset, tt.chunk, tt.check)
		if wantCode(t, err, tt.want); got.Offset != 600 || got.Done {
			t.Errorf("%s: it stands at %+v, want offset 600", tt.name, got)
		}
		if errors.Is(err, upload.ErrChunk) != (tt.check != nil) {
			t.Errorf("%s: ErrChunk in %v", tt.name, err)
		}
	}
	if up = w.append(li, up.ID, 600, photo[600:], nil); !up.Done {
		t.Errorf("got %+v, want it done", up)
	}
	w.stored(photo)
}

func TestUploadsOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, wang, photo := w.person(1), w.person(2), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	_, err := w.service.Info(t.Context(), wang, id)
	wantCode(t, err, wire.CodeNotFound)
	_, err = w.service.Append(t.Context(), wang, id, 0, photo, nil)
	wantCode(t, err, wire.CodeNotFound)
	wantCode(t, w.service.Terminate(t.Context(), wang, id), wire.CodeNotFound)
	for _, id := range []string{"", "x", "../..", id + "0", id + "x", "+" + id[1:]} {
		_, err := w.service.Append(t.Context(), li, id, 0, photo, nil)
		wantCode(t, err, wire.CodeNotFound)
	}
	if up := w.append(li, id, 0, photo, nil); !up.Done {
		t.Errorf("got %+v, want it done", up)
	}
}

// I1, I2: whatever the phone missed, asking again tells it.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	first := w.create(li, photo)
	if again := w.create(li, photo); again.ID != first.ID {
		t.Error("a repeated creation began a second upload")
	}
	w.append(li, first.ID, 0, photo[:500], nil)
	if again := w.create(li, photo); again.ID != first.ID || again.Offset != 500 {
		t.Errorf("a phone that forgot its upload gets %+v, want to go on at 500", again)
	}
	w.append(li, first.ID, 500, photo[500:], nil)
	for range 2 { // the answer of the last chunk was lost
		if up := w.append(li, first.ID, 500, photo[500:], nil); !up.Done || up.Offset != 1000 {
			t.Errorf("got %+v, want it done", up)
		}
		up, err := w.service.Info(t.Context(), li, first.ID)
		if ok(t, err); !up.Done || up.Offset != 1000 || up.Length != 1000 {
			t.Errorf("got %+v, want it done", up)
		}
	}
	if up := w.create(li, photo); !up.Done || up.Offset != 1000 {
		t.Errorf("a new creation of known bytes is %+v, want it done", up)
	}
	w.nothingStaged(li)
}

func TestNothingIsAcknowledgedBeforeTheDocumentsKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	w.visit(li, photo)
	w.engine.down.Store(true)
	id := w.create(li, photo).ID
	up, err := w.service.Append(t.Context(), li, id, 0, photo, nil)
	if wantCode(t, err, wire.CodeUnavailable); up.Done {
		t.Errorf("got %+v, want it not done", up)
	}
	w.evidence(li, "0/1 pending")
	w.engine.down.Store(false)
	w.restart() // as after kill -9
	if up, err := w.service.Info(t.Context(), li, id); err != nil || !up.Done {
		t.Errorf("asking gives %+v and %v, want it done", up, err)
	}
	w.evidence(li, "1/1 complete")
}

func TestAnotherServerGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	for at := 0; at < 1000; at += 250 {
		if up := w.append(li, id, int64(at), photo[at:at+250], nil); up.Done != (at == 750) {
			t.Errorf("at %d: %+v", at, up)
		}
		w.restart()
	}
	w.stored(photo)
}

// A power cut may take bytes that were acknowledged but not synced, or leave zeros in their place.
func TestStagedBytesAfterAPowerCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	w.append(li, id, 0, photo[:600], nil)
	ok(t, w.objects.Discard(t.Context(), storage.UploadKey{User: li.User, ID: id}))
	ok(t, w.objects.Begin(t.Context(), storage.UploadKey{User: li.User, ID: id}))
	ok(t, w.objects.Stage(t.Context(), storage.UploadKey{User: li.User, ID: id}, 0, slices.Concat(photo[:300], make([]byte, 200))))
	w.restart()
	up, err := w.service.Info(t.Context(), li, id)
	if ok(t, err); up.Offset != 500 {
		t.Fatalf("it stands at %d, want 500", up.Offset)
	}
	up, err = w.service.Append(t.Context(), li, id, 500, photo[500:], nil)
	if wantCode(t, err, wire.CodeOffset); up.Offset != 0 {
		t.Fatalf("got %+v, want to begin again", up)
	}
	if up := w.append(li, id, 0, photo, nil); !up.Done {
		t.Errorf("got %+v, want it done", up)
	}
	w.stored(photo)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	w.append(li, id, 0, photo[:500], nil)
	w.pass(upload.Life - time.Hour)
	if n, err := w.service.Expire(t.Context()); n != 0 || err != nil {
		t.Fatalf("expired %d (%v) an hour early, want none", n, err)
	}
	w.pass(2 * time.Hour)
	if n, err := w.service.Expire(t.Context()); n != 1 || err != nil {
		t.Fatalf("expired %d (%v), want 1", n, err)
	}
	_, err := w.service.Info(t.Context(), li, id)
	wantCode(t, err, wire.CodeExpired)
	_, err = w.service.Append(t.Context(), li, id, 500, photo[500:], nil)
	wantCode(t, err, wire.CodeExpired)
	if up := w.append(li, w.create(li, photo).ID, 0, photo, nil); !up.Done {
		t.Errorf("a new upload is %+v, want it done", up)
	}
	up, err := w.service.Info(t.Context(), li, id)
	if ok(t, err); !up.Done {
		t.Errorf("the old id is %+v, want done: its bytes are here", up)
	}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	ok(t, w.service.Terminate(t.Context(), li, id))
	wantCode(t, w.service.Terminate(t.Context(), li, id), wire.CodeNotFound)
	_, err := w.service.Append(t.Context(), li, id, 0, photo, nil)
	wantCode(t, err, wire.CodeNotFound)
	w.nothingStaged(li)
}

func TestOpenUploadsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li := w.person(1)
	create := func(i int, length int64) error {
		_, err := w.service.Create(t.Context(), li, length, sum([]byte{byte(i), byte(i >> 8)}), "image/jpeg")
		return err
	}
	for i := range upload.MaxOpenBytes / wire.MaxPhotoBytes {
		ok(t, create(i, wire.MaxPhotoBytes))
	}
	wantCode(t, create(100, 1), wire.CodeTooMany) // bytes
	w.pass(2 * time.Hour)
	for i := range upload.MaxOpen { // resting uploads make room
		ok(t, create(200+i, 1))
	}
	uploads, err := w.objects.Uploads(t.Context(), li.User)
	if ok(t, err); len(uploads) > upload.MaxOpen {
		t.Errorf("%d uploads are open, want at most %d", len(uploads), upload.MaxOpen)
	}
	if _, err := w.service.Create(t.Context(), w.person(2), 10, sum(nil), "image/jpeg"); err != nil {
		t.Errorf("another user is refused: %v", err)
	}
}

// Hash is no key (blueprint §5): known bytes are done at once for those who may read them, and for nobody else.
func TestKnownBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, colleague, stranger, photo := w.person(1), w.person(2), w.person(3), jpegOf(1, 1000)
	w.visit(li, photo, colleague.User)
	w.visit(stranger, photo)
	w.append(li, w.create(li, photo).ID, 0, photo, nil)
	if up := w.create(colleague, photo); !up.Done || up.Offset != up.Length {
		t.Errorf("a colleague of the visit gets %+v, want it done", up)
	}
	up := w.create(stranger, photo)
	if up.Done || up.Offset != 0 {
		t.Errorf("a stranger who names the hash gets %+v, want to send all bytes", up)
	}
	_, err := w.service.Info(t.Context(), stranger, "01980000-0000-7000-8000-000000000000-"+string(sum(photo))+"-1000")
	wantCode(t, err, wire.CodeExpired)
	w.evidence(stranger, "0/1 pending")
	if up := w.append(stranger, up.ID, 0, photo, nil); !up.Done {
		t.Errorf("having sent them, the stranger gets %+v, want it done", up)
	}
	w.evidence(stranger, "1/1 complete")
	_, err = w.service.Create(t.Context(), li, 999, sum(photo), "image/jpeg")
	wantCode(t, err, wire.CodeUnprocessable)
}

func TestLockedWhileAnotherRequestWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 1000)
	id := w.create(li, photo).ID
	w.engine.entered, w.engine.leave = make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := w.service.Append(context.Background(), li, id, 0, photo, nil)
		done <- err
	}()
	<-w.engine.entered
	_, err := w.service.Append(t.Context(), li, id, 0, photo, nil)
	wantCode(t, err, wire.CodeLocked)
	_, err = w.service.Info(t.Context(), li, id)
	wantCode(t, err, wire.CodeLocked)
	wantCode(t, w.service.Terminate(t.Context(), li, id), wire.CodeLocked)
	close(w.engine.leave)
	ok(t, <-done)
	got, err := w.objects.Object(t.Context(), sum(photo))
	if ok(t, err); !bytes.Equal(got, photo) {
		t.Error("the photo has other bytes")
	}
}
