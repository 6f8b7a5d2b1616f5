package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// killDevices write at the same time; each journals 1, 2, 3 … and counts its entries in a document of its own.
const killDevices = 8

func killDevice(n int) wire.DeviceID { return wire.DeviceID(fmt.Sprintf("device-%d", n)) }

// writeUntilKilled is the child: it notes every acknowledged entry in a file of its own, synced, as a phone would its receipt.
func writeUntilKilled(dir string, early bool) error {
	db, err := Open(context.Background(), dir, Options{})
	if err != nil {
		return err
	}
	receipts, err := os.OpenFile(filepath.Join(dir, "receipts"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	receipt := func(device int, seq int64) error {
		if _, err := fmt.Fprintf(receipts, "%d %d\n", device, seq); err != nil { // one write, so lines do not mix
			return err
		}
		if err := receipts.Sync(); err != nil {
			return err
		}
		_, err := os.Stdout.WriteString("receipt\n")
		return err
	}
	errs := make(chan error)
	for device := range killDevices {
		go func() {
			for {
				seq, err := nextSeq(db, device)
				if err == nil && early {
					err = receipt(device, seq)
				}
				if err == nil {
					err = countEntry(db, device, seq)
				}
				if err == nil && !early {
					err = receipt(device, seq)
				}
				if err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}

func nextSeq(db *DB, device int) (seq int64, err error) {
	err = db.View(context.Background(), benchSchool, func(v engine.View) error {
		s, err := v.Sequences(killDevice(device))
		seq = s.UpTo + 1
		return err
	})
	return seq, err
}

func countEntry(db *DB, device int, seq int64) error {
	doc, entry := visit(device+1, seq-1)
	entry.Device, entry.Seq = killDevice(device), seq
	return db.Update(context.Background(), benchSchool, func(tx engine.Tx) error {
		return errors.Join(tx.Insert([]engine.Entry{entry}), tx.Put([]engine.Stored{doc}))
	})
}

// killChild kills a child in the middle of its writing, when it has noted a number of receipts.
func killChild(t *testing.T, role, dir string, receipts int) {
	t.Helper()
	c := child(t.Context(), role, dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for range receipts {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("the child stopped by itself: %v", err)
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
}

// verifyReceipts returns how many receipts there are, and an error if a receipt's entry is missing or an entry took
// effect other than once.
func verifyReceipts(t *testing.T, dir string) (receipts int, err error) {
	t.Helper()
	db, err := Open(t.Context(), dir, Options{})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	f, err := os.Open(filepath.Join(dir, "receipts"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var acked [killDevices]int64
	for {
		var device int
		var seq int64
		if _, err := fmt.Fscanf(f, "%d %d\n", &device, &seq); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break // a last line cut short is no receipt
		} else if err != nil {
			return 0, err
		}
		receipts++
		acked[device] = max(acked[device], seq)
	}
	var integrity string
	err = db.view(t.Context(), func(tx *conn) error { return tx.QueryRow(`PRAGMA integrity_check`).Scan(&integrity) })
	if err != nil || integrity != "ok" {
		return receipts, fmt.Errorf("integrity: %s: %w", integrity, err)
	}
	return receipts, db.View(t.Context(), benchSchool, func(v engine.View) error {
		for device := range killDevices {
			s, err := v.Sequences(killDevice(device))
			if err != nil {
				return err
			}
			if s.UpTo < acked[device] || len(s.Missing) > 0 {
				return fmt.Errorf("device %d: receipts up to %d, journal holds %v", device, acked[device], s)
			}
			doc, _ := visit(device+1, 0)
			docs, err := v.Documents([]wire.DocID{doc.ID})
			if err != nil {
				return err
			}
			if s.UpTo > 0 && (len(docs) != 1 || docs[0].Rev != s.UpTo) {
				return fmt.Errorf("device %d: %d entries took effect in %v", device, s.UpTo, docs)
			}
		}
		changes, _, err := v.Changes([]wire.Scope{"office:admin"}, engine.Position{}, "", 100, 1<<20)
		if err == nil && len(changes) > killDevices {
			err = fmt.Errorf("%d changes of %d documents", len(changes), killDevices)
		}
		return err
	})
}

// TestKilledProcessKeepsWhatItAcknowledged is I1 and I2 for the store: kill -9 at random moments of concurrent writing.
func TestKilledProcessKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	total := 0
	for range 10 {
		killChild(t, "writes", dir, 1+random.IntN(300))
		receipts, err := verifyReceipts(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		total = receipts
	}
	t.Logf("%d acknowledged entries survived 10 kills", total)
	if total < 100 {
		t.Errorf("only %d entries were acknowledged: the test proves little", total)
	}
}

// TestKillingNoticesEarlyReceipts shows that the test above can fail.
func TestKillingNoticesEarlyReceipts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 20 {
		killChild(t, "acknowledges early", dir, 50)
		if _, err := verifyReceipts(t, dir); err != nil {
			t.Logf("noticed: %v", err)
			return
		}
	}
	t.Error("a store that acknowledges before it writes went unnoticed")
}
