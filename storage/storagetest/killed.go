package storagetest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"zoufang/storage"
	"zoufang/sync/wire"
)

const (
	killedName = "a process killed while it puts loses nothing it acknowledged and leaves no wrong photo"
	killedEnv  = "ZOUFANG_TEST_PUT_UNTIL_KILLED"
)

// killedDuringPut starts the test binary again as a process that puts photos and says so, kills it, and looks at what is left.
func killedDuringPut(t *testing.T, setup ObjectsSetup) {
	if dir := os.Getenv(killedEnv); dir != "" {
		putUntilKilled(t, setup, dir)
		return
	}
	dir := t.TempDir()
	var acknowledged []wire.Hash
	for round := range 5 {
		acknowledged = append(acknowledged, killAfter(t, dir, 3+4*round)...)
	}
	s, err := setup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range acknowledged {
		if _, err := s.Object(t.Context(), hash); err != nil {
			t.Errorf("acknowledged photo: %v", err)
		}
	}
	err = s.Each(t.Context(), func(o storage.Object) error {
		_, err := s.Object(t.Context(), o.Hash)
		return err
	})
	if err != nil {
		t.Errorf("a killed process left a wrong photo: %v", err)
	}
}

// killAfter returns the hashes that a child acknowledged before it was killed, n or a few more.
func killAfter(t *testing.T, dir string, n int) []wire.Hash {
	parts := strings.Split(t.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + p + "$"
	}
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run="+strings.Join(parts, "/"))
	child.Env = append(os.Environ(), killedEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var hashes []wire.Hash
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if hash, ok := strings.CutPrefix(lines.Text(), "put "); ok {
			hashes = append(hashes, wire.Hash(hash))
		}
		if len(hashes) == n {
			kill() // SIGKILL; what was written to the pipe before is still read
		}
	}
	if err := child.Wait(); ctx.Err() == nil || len(hashes) < n {
		t.Fatalf("the child ended by itself after %d photos: %v", len(hashes), err)
	}
	return hashes
}

func putUntilKilled(t *testing.T, setup ObjectsSetup, dir string) {
	s, err := setup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(os.Getpid())
	for i := range uint64(10_000) {
		b, hash := some(seed*31+i, 200_000)
		if i%2 == 0 {
			err = s.Put(t.Context(), hash, b)
		} else {
			key := upload(seed, fmt.Sprint(i))
			err = s.Begin(t.Context(), key)
			if err == nil {
				err = s.Stage(t.Context(), key, 0, b)
			}
			if err == nil {
				err = s.Assemble(t.Context(), key, hash, int64(len(b)), func([]byte) error { return nil })
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("put %s\n", hash)
	}
}
