package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

func openAsChild(dir string) error {
	db, err := Open(context.Background(), dir, Options{})
	if err != nil {
		return err
	}
	return db.Close()
}

// child returns the test binary as another process with a role (TestMain).
func child(ctx context.Context, role, dir string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+role, childEnv+"_DIR="+dir)
	return c
}

func TestOneProcessUsesAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := openTest(t, dir)
	var stderr bytes.Buffer
	second := child(t.Context(), "opens", dir)
	second.Stderr = &stderr
	if err := second.Run(); err == nil {
		t.Error("a second process opened the folder")
	}
	if got, want := stderr.String(), fmt.Sprintf("data folder %s is in use by process %d\n", dir, os.Getpid()); got != want {
		t.Errorf("the second process said %q, want %q", got, want)
	}
	if _, err := Open(t.Context(), dir, Options{}); err == nil {
		t.Error("the same process opened the folder twice")
	}
	shared, err := Open(t.Context(), dir, Options{ShareFolder: true})
	if err != nil {
		t.Fatalf("sharing the folder on purpose: %v", err)
	}
	if err := shared.Close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := child(t.Context(), "opens", dir).CombinedOutput(); err != nil {
		t.Errorf("the folder is not free after Close: %v %s", err, out)
	}
}

func TestLockedFolderOfAnEndedProcessIsFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := child(t.Context(), "opens", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	openTest(t, dir) // the lock file with the other's number is still there
}
