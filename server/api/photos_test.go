package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"image/jpeg"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

func TestAPhotoInPieces(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner := s.As(apitest.Owner)
	b := apitest.JPEG(t, 90)
	r := owner.Begin(len(b), apitest.HashOf(b), "image/jpeg")
	r.Expect(t, http.StatusCreated)
	path := r.Header.Get("Location")
	if !strings.HasPrefix(path, "/api/v1/uploads/") || r.Header.Get("Tus-Resumable") != "1.0.0" || r.Header.Get("Upload-Offset") != "0" {
		t.Errorf("created: %v", r.Header)
	}
	if ends, err := http.ParseTime(r.Header.Get("Upload-Expires")); err != nil || ends.Before(time.Now().Add(24*time.Hour)) {
		t.Errorf("Upload-Expires %q: %v", r.Header.Get("Upload-Expires"), err)
	}

	sum := sha256.Sum256(b[:100])
	checksum := "sha256 " + base64.StdEncoding.EncodeToString(sum[:])
	if r := owner.Patch(path, 0, b[1:101], "Upload-Checksum", checksum); r.Status != 460 || r.Header.Get("Upload-Offset") != "0" {
		t.Errorf("a broken piece: %d %v", r.Status, r.Header)
	}
	r = owner.Patch(path, 0, b[:100], "Upload-Checksum", checksum)
	if r.Status != 204 || r.Header.Get("Upload-Offset") != "100" || r.Header.Get("Zoufang-Done") != "" {
		t.Errorf("the first piece: %d %v", r.Status, r.Header)
	}
	if r := owner.Patch(path, 0, b[:100]); r.Status != 409 || r.Code() != wire.CodeOffset || r.Header.Get("Upload-Offset") != "100" {
		t.Errorf("the first piece again: %d %s %v", r.Status, r.Body, r.Header)
	}
	r = owner.Do("HEAD", path, nil, "Tus-Resumable", "1.0.0")
	if r.Status != 200 || r.Header.Get("Upload-Offset") != "100" || r.Header.Get("Upload-Length") != strconv.Itoa(len(b)) || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("where it stands: %d %v", r.Status, r.Header)
	}
	if r := owner.Begin(len(b), apitest.HashOf(b), "image/jpeg"); r.Header.Get("Location") != path || r.Header.Get("Upload-Offset") != "100" {
		t.Errorf("begun again: %v", r.Header)
	}
	if r := s.As(apitest.Other).Patch(path, 100, b[100:]); r.Status != 404 {
		t.Errorf("another's piece: %d", r.Status)
	}
	r = owner.Patch(path, 100, b[100:])
	if r.Status != 204 || r.Header.Get("Zoufang-Done") != "1" || r.Header.Get("Upload-Offset") != strconv.Itoa(len(b)) {
		t.Errorf("the last piece: %d %s %v", r.Status, r.Body, r.Header)
	}
	if r := owner.Do("HEAD", path, nil, "Tus-Resumable", "1.0.0"); r.Status != 200 || r.Header.Get("Zoufang-Done") != "1" {
		t.Errorf("afterwards: %d %v", r.Status, r.Header)
	}
	if r := owner.Begin(len(b), apitest.HashOf(b), "image/jpeg"); r.Status != 201 || r.Header.Get("Zoufang-Done") != "1" {
		t.Errorf("a second time: %d %v", r.Status, r.Header)
	}
	if r := s.As(apitest.Other).Begin(len(b), apitest.HashOf(b), "image/jpeg"); r.Header.Get("Zoufang-Done") != "" {
		t.Error("the hash alone was taken for the photo")
	}
}

// A browser sends the cookie of whoever signed in last, also for the tab of the person before.
func TestAPhotoOfAnotherDeviceIsNotTaken(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner := s.As(apitest.Owner)
	b := apitest.JPEG(t, 91)
	begin := func(device string) *apitest.Reply {
		return owner.Do("POST", "/api/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(b)), "Upload-Metadata",
			"sha256 "+base64.StdEncoding.EncodeToString([]byte(apitest.HashOf(b)))+",type "+base64.StdEncoding.EncodeToString([]byte("image/jpeg")), "Zoufang-Device", device)
	}
	if r := begin("another"); r.Status != 403 || r.Code() != wire.CodeForbidden {
		t.Errorf("begun by another device: %d %s", r.Status, r.Body)
	}
	r := begin(string(owner.Session.Device))
	r.Expect(t, http.StatusCreated)
	if r := owner.Patch(r.Header.Get("Location"), 0, b, "Zoufang-Device", "another"); r.Status != 403 {
		t.Errorf("continued by another device: %d %s", r.Status, r.Body)
	}
	owner.Patch(r.Header.Get("Location"), 0, b, "Zoufang-Device", string(owner.Session.Device)).Expect(t, http.StatusNoContent)
}

func TestTusIsSpokenAsWritten(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	nobody, owner := s.As(apitest.Nobody), s.As(apitest.Owner)
	r := nobody.Do("OPTIONS", "/api/v1/uploads", nil)
	if r.Status != 204 || r.Header.Get("Tus-Version") != "1.0.0" || r.Header.Get("Tus-Extension") != "creation,checksum,termination,expiration" ||
		r.Header.Get("Tus-Max-Size") != strconv.Itoa(wire.MaxPhotoBytes) || r.Header.Get("Tus-Checksum-Algorithm") != "sha256" {
		t.Errorf("options: %d %v", r.Status, r.Header)
	}
	for _, tt := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"no version", "POST", "/api/v1/uploads", []string{"Upload-Length", "5"}, 412},
		{"another version", "HEAD", "/api/v1/uploads/x", []string{"Tus-Resumable", "0.2.2"}, 412},
		{"no length", "POST", "/api/v1/uploads", []string{"Tus-Resumable", "1.0.0"}, 400},
		{"a negative length", "POST", "/api/v1/uploads", []string{"Tus-Resumable", "1.0.0", "Upload-Length", "-1"}, 400},
		{"metadata that is none", "POST", "/api/v1/uploads", []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5", "Upload-Metadata", "sha256 §"}, 400},
		{"metadata twice", "POST", "/api/v1/uploads", []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5", "Upload-Metadata", "type YQ==,type YQ=="}, 400},
		{"a piece without an offset", "PATCH", "/api/v1/uploads/x", []string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream"}, 400},
		{"a piece of JSON", "PATCH", "/api/v1/uploads/x", []string{"Tus-Resumable", "1.0.0", "Content-Type", "application/json", "Upload-Offset", "0"}, 415},
		{"an unknown checksum", "PATCH", "/api/v1/uploads/x", []string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0", "Upload-Checksum", "md5 AAAA"}, 400},
		{"no upload", "PATCH", "/api/v1/uploads/x", []string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0"}, 404},
		{"a path for an upload", "HEAD", "/api/v1/uploads/..%2f..%2fkeys", []string{"Tus-Resumable", "1.0.0"}, 404},
	} {
		r := owner.Do(tt.method, tt.path, nil, tt.header...)
		if r.Status != tt.status || r.Header.Get("Tus-Resumable") != "1.0.0" {
			t.Errorf("%s: %d %s %v", tt.name, r.Status, r.Body, r.Header)
		}
	}
	b := apitest.JPEG(t, 3)
	path := owner.Begin(len(b), apitest.HashOf(b), "image/jpeg").Header.Get("Location")
	owner.Do("DELETE", path, nil, "Tus-Resumable", "1.0.0").Expect(t, http.StatusNoContent)
	owner.Patch(path, 0, b).Expect(t, http.StatusNotFound)
}

func TestReadingPhotos(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner, other := s.As(apitest.Owner), s.As(apitest.Other)
	path := "/api/v1/visits/" + string(s.visit) + "/photos/" + string(s.photo.ID)
	r := owner.Do("GET", path, nil)
	r.Expect(t, http.StatusOK)
	if !bytes.Equal(r.Body, s.jpeg) {
		t.Error("the bytes are not those that were sent")
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
		"Content-Disposition": `attachment; filename="zoufang-` + string(s.photo.ID) + `.jpg"`, "Content-Encoding": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	r = owner.Do("GET", path+"/thumbnail", nil)
	r.Expect(t, http.StatusOK)
	if _, err := jpeg.Decode(bytes.NewReader(r.Body)); err != nil || r.Header.Get("Content-Disposition") != "" || r.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("thumbnail: %v, %v", err, r.Header)
	}
	tag := r.Header.Get("ETag")
	if r = owner.Do("GET", path+"/thumbnail", nil, "If-None-Match", tag); r.Status != http.StatusNotModified || len(r.Body) != 0 {
		t.Errorf("a thumbnail the browser has: %d, %d bytes", r.Status, len(r.Body))
	}
	if r = other.Do("GET", path+"/thumbnail", nil, "If-None-Match", tag); r.Status != http.StatusNotFound {
		t.Errorf("a thumbnail the next person's browser has: %d", r.Status)
	}

	// Another cadre names the same hash in a visit of his own: that gives him nothing.
	stolen := apitest.Manifest(s.jpeg)
	visit, m := other.Visit(nil, stolen)
	if r := other.Results(t, m); r[0].Outcome != wire.OutcomeApplied {
		t.Fatalf("his visit: %+v", r)
	}
	for _, p := range []string{
		path, path + "/thumbnail",
		"/api/v1/visits/" + string(visit) + "/photos/" + string(stolen.ID),
		"/api/v1/visits/" + string(visit) + "/photos/" + string(stolen.ID) + "/thumbnail",
		"/api/v1/visits/" + string(visit) + "/photos/" + string(s.photo.ID),
		"/api/v1/visits/x/photos/" + string(s.photo.ID),
	} {
		if r := other.Do("GET", p, nil); r.Status != 404 {
			t.Errorf("another cadre reads %s: %d", p, r.Status)
		}
	}
	// The administrators see the visit without its photos.
	if r := s.As(apitest.Admin).Do("GET", path, nil); r.Status != 404 {
		t.Errorf("an administrator reads the photo: %d", r.Status)
	}
}
