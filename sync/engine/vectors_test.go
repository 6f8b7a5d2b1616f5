package engine_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// update writes what the code does into the vectors: read the diff before you commit it. Vitest runs the same files.
var update = flag.Bool("update", false, "rewrite the wanted results of the vectors")

// applyCase is a push met by at most one document.
type applyCase struct {
	Name      string         `json:"name"`
	Document  *wire.Document `json:"document"`
	Principal struct {
		User     wire.UserID   `json:"user"`
		ProxyFor []wire.UserID `json:"proxyFor"`
		Admin    bool          `json:"admin"`
		Revoked  bool          `json:"revoked"`
	} `json:"principal"`
	Holdings      [][2]string      `json:"holdings"`
	HeldCreations []wire.DocID     `json:"heldCreations"`
	Mutations     []jsontext.Value `json:"mutations"`
	Acked         int64            `json:"acked"`
	Now           int64            `json:"now"`
	Want          *applyWant       `json:"want"`
}

type applyWant struct {
	Results []wire.Result `json:"results"`
	// Document is the state after the push as the store keeps it, null when there is none.
	Document *wire.Document `json:"document"`
	Audience []wire.Scope   `json:"audience"`
	Day      string         `json:"day"`
}

// rebaseCase is what a phone shows of one document.
type rebaseCase struct {
	Name     string          `json:"name"`
	Document *wire.Document  `json:"document"`
	User     wire.UserID     `json:"user"`
	Pending  []wire.Mutation `json:"pending"`
	Now      int64           `json:"now"`
	Want     *rebaseWant     `json:"want"`
}

type rebaseWant struct {
	Document *wire.Document `json:"document"`
	Blocked  []int64        `json:"blocked"`
}

func TestApplyVectors(t *testing.T) {
	t.Parallel()
	runVectors(t, "testdata/apply", func(t *testing.T, c *applyCase) any { return runApply(t, c) })
}

func TestMergeVectors(t *testing.T) {
	t.Parallel()
	runVectors(t, "testdata/merge", func(t *testing.T, c *applyCase) any { return runApply(t, c) })
}

func TestRebaseVectors(t *testing.T) {
	t.Parallel()
	runVectors(t, "testdata/rebase", func(_ *testing.T, c *rebaseCase) any {
		doc, blocked := engine.Rebase(c.Document, c.User, c.Pending, c.Now)
		return &rebaseWant{Document: doc, Blocked: append([]int64{}, blocked...)}
	})
}

func runApply(t *testing.T, c *applyCase) *applyWant {
	t.Helper()
	p := engine.Principal{School: "s", User: c.Principal.User, Admin: c.Principal.Admin, ProxyFor: c.Principal.ProxyFor,
		Revoked: c.Principal.Revoked, Scopes: engine.ScopesOf(c.Principal.User, nil, c.Principal.Admin)}
	w := engine.World{Documents: map[wire.DocID]*engine.Stored{}, Journal: map[int64]*engine.Entry{}, HeldCreations: map[wire.DocID]bool{},
		Holds: func(u wire.UserID, h wire.Hash) bool {
			return slices.Contains(c.Holdings, [2]string{string(u), string(h)})
		}}
	for _, id := range c.HeldCreations {
		w.HeldCreations[id] = true
	}
	var state *engine.Stored
	if c.Document != nil {
		s := engine.Seal(c.Document)
		state, w.Documents[c.Document.ID] = &s, &s
	}
	var batch []engine.Incoming
	for _, raw := range c.Mutations {
		device, _, _, err := wire.PeekMutation(raw)
		if err != nil {
			t.Fatal(err)
		}
		p.Device = device
		in, err := engine.Read(device, raw)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, in)
	}
	d := engine.Apply(&p, w, batch, c.Acked, c.Now)
	want := &applyWant{Results: d.Results}
	for i := range want.Results {
		want.Results[i].Document = nil // shown below, once
	}
	if len(d.Documents) > 0 {
		state = &d.Documents[len(d.Documents)-1]
	}
	if state != nil {
		want.Document = new(wire.Document)
		if err := wire.Decode(state.Body, want.Document); err != nil {
			t.Fatal(err)
		}
		want.Audience, want.Day = state.Audience, state.Day
	}
	return want
}

// runVectors runs every case of every file of a folder and compares what came with what the file wants.
func runVectors[C any](t *testing.T, dir string, run func(*testing.T, *C) any) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s (%v)", dir, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var raws []jsontext.Value
		if err := json.Unmarshal(body, &raws); err != nil {
			t.Fatal(err)
		}
		for i, raw := range raws {
			var c C
			if err := wire.Decode(raw, &c); err != nil {
				t.Fatalf("%s, case %d: %v", file, i, err)
			}
			var head struct {
				Name string         `json:"name"`
				Want jsontext.Value `json:"want"`
			}
			if err := wire.Glance(raw, &head); err != nil {
				t.Fatal(err)
			}
			got := wire.Encode(run(t, &c))
			if *update {
				raws[i] = bytes.Replace(raw, append([]byte(`"want": `), head.Want...), append([]byte(`"want": `), got...), 1)
				continue
			}
			t.Run(head.Name, func(t *testing.T) {
				if !wire.Equal(got, head.Want) {
					t.Errorf("%s differs from its vector (-want +got):\n%s", file, cmp.Diff(pretty(t, head.Want), pretty(t, got)))
				}
			})
		}
		if *update {
			out, err := json.Marshal(raws, jsontext.WithIndent(" "))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, append(out, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func pretty(t *testing.T, v jsontext.Value) string {
	t.Helper()
	v = v.Clone()
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	if err := v.Indent(); err != nil {
		t.Fatal(err)
	}
	return string(v)
}
