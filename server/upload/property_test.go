package upload_test

import (
	"crypto/sha256"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"zoufang/server/upload"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Whatever is cut, repeated or answered in vain, on whichever server: the photo ends up as it was, and the phone sends no
// more than its size and one chunk per cut.
func TestCutsAndRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := uint64(0)
	rapid.Check(t, func(r *rapid.T) {
		seed++
		photo := jpegOf(seed, rapid.IntRange(1000, 200_000).Draw(r, "size"))
		chunkSize := rapid.IntRange(len(photo)/20+1, len(photo)).Draw(r, "chunk")
		p := w.person(int(seed))
		servers := []*upload.Service{w.newService(), w.newService()}
		server := func() *upload.Service { return rapid.SampledFrom(servers).Draw(r, "server") }
		up, err := server().Create(w.ctx(), p, int64(len(photo)), sum(photo), "image/jpeg")
		ok(t, err)
		sent, cuts := 0, 0
		for !up.Done {
			chunk := photo[up.Offset:min(int(up.Offset)+chunkSize, len(photo))]
			check := sha256.Sum256(chunk)
			fault := "none"
			if cuts < 20 {
				fault = rapid.SampledFrom([]string{"none", "none", "cut", "answer lost", "doubled", "restart", "forgotten"}).Draw(r, "fault")
			}
			switch fault {
			case "none":
				sent += len(chunk)
				up, err = server().Append(w.ctx(), p, up.ID, up.Offset, chunk, &check)
				ok(t, err)
				continue
			case "cut": // the server gives up a body that ended early
				sent += rapid.IntRange(0, len(chunk)).Draw(r, "arrived")
			case "answer lost", "doubled":
				sent += len(chunk)
				_, err = server().Append(w.ctx(), p, up.ID, up.Offset, chunk, &check)
				ok(t, err)
				if fault == "doubled" { // by the network, not by the phone
					if again, err := server().Append(w.ctx(), p, up.ID, up.Offset, chunk, &check); wire.CodeOf(err) != wire.CodeOffset && !again.Done {
						t.Fatalf("a doubled chunk gives %+v and %v", again, err)
					}
				}
			case "restart":
				servers[0] = w.newService()
			case "forgotten":
				up, err = server().Create(w.ctx(), p, int64(len(photo)), sum(photo), "image/jpeg")
				ok(t, err)
			}
			cuts++
			up, err = server().Info(w.ctx(), p, up.ID)
			ok(t, err)
		}
		if limit := len(photo) + cuts*chunkSize; sent > limit {
			t.Fatalf("sent %d bytes of a photo of %d with %d cuts of %d, want at most %d", sent, len(photo), cuts, chunkSize, limit)
		}
		w.stored(photo)
		w.nothingStaged(p)
	})
}

// Two tabs, two servers and a retrying network send the same photo at once.
func TestManySendTheSamePhoto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	li, photo := w.person(1), jpegOf(1, 100_000)
	w.visit(li, photo)
	servers := []*upload.Service{w.service, w.newService()}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { sendAll(t, w, servers[i%2], li, photo) })
	}
	wg.Wait()
	w.stored(photo)
	w.evidence(li, "1/1 complete")
	w.nothingStaged(li)
}

// sendAll uploads as a phone does that others get in the way of.
func sendAll(t *testing.T, w *world, s *upload.Service, p *engine.Principal, photo []byte) {
	for tries := 0; tries < 10_000; tries++ {
		up, err := s.Create(w.ctx(), p, int64(len(photo)), sum(photo), "image/jpeg")
		for err == nil && !up.Done {
			chunk := photo[up.Offset:min(int(up.Offset)+5000, len(photo))]
			up, err = s.Append(w.ctx(), p, up.ID, up.Offset, chunk, nil)
		}
		switch wire.CodeOf(err) {
		case wire.CodeOffset, wire.CodeLocked, wire.CodeNotFound, wire.CodeConflict: // another was faster: look again
			if err != nil {
				continue
			}
		}
		if err != nil {
			t.Errorf("sending: %v", err)
		}
		return
	}
	t.Error("sending does not end")
}
