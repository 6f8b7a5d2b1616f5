package school_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zoufang/server/school"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// push sends one mutation as a phone of p would.
func (o *office) push(p engine.Principal, device wire.DeviceID, m wire.Mutation) wire.Result {
	o.t.Helper()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).UnixMilli()
	p.Device = device
	m.Device, m.Seq, m.At, m.Schema, m.App = device, 1, now, wire.Schema, "test"
	eng := engine.New(o.db, []byte("key"), func() int64 { return now })
	resp, err := eng.Sync(o.t.Context(), &p, &wire.SyncRequest{Device: device, Schema: wire.Schema, Push: []jsontext.Value{wire.Encode(m)}})
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.Results[0]
}

func TestNobodyTakesTheIDsTheOfficeWillNeed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{People: people})
	cadre := o.account("L01").User
	for i, code := range []string{"place/D05", "unit/后勤处", "person/n01", "term/2026–2027-1"} {
		id := wire.DocID(uuid.NewSHA1(uuid.NameSpaceOID, []byte(string(o.by.School)+"/"+code)).String())
		p := engine.Principal{School: o.by.School, User: cadre, Scopes: engine.ScopesOf(cadre, nil, false)}
		r := o.push(p, wire.DeviceID(fmt.Sprint("d", i)), wire.Mutation{Kind: wire.KindSuggestion, Doc: id, Set: map[string]wire.Change{
			"author": {Was: wire.Null, Now: wire.Encode(cadre)}, "text": {Was: wire.Null, Now: wire.Encode("占位")}}})
		if r.Outcome != wire.OutcomeApplied {
			t.Fatalf("%s: %+v", code, r)
		}
	}
	if got := counts(o.imports(wire.Import{People: "用户名,姓名,角色,部门\nn01,新人,经办人,后勤处\n", Places: places, Calendar: calendar})); got != "5 0 0 1" {
		t.Errorf("created, changed, unchanged, logins: got %s", got)
	}
}

func TestWhatWasDeletedComesBackAsNew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{Places: places})
	var place engine.Stored
	if err := o.db.View(t.Context(), o.by.School, func(v engine.View) error {
		docs, err := v.Kind(wire.KindPlace)
		place = docs[0]
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if r := o.push(*o.by, "d1", wire.Mutation{Kind: wire.KindPlace, Doc: place.ID, Base: 1, Command: &wire.Command{Verb: wire.VerbDelete}}); r.Outcome != wire.OutcomeApplied {
		t.Fatalf("%+v", r)
	}
	if got := counts(o.imports(wire.Import{Places: places})); got != "1 0 1 0" {
		t.Errorf("created, changed, unchanged, logins: got %s", got)
	}
	if got := counts(o.imports(wire.Import{Places: places})); got != "0 0 2 0" {
		t.Errorf("once more: got %s", got)
	}
}

func TestAPersonWhoseDocumentWasDeletedIsAFaultOfTheFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{People: people})
	user := wire.DocID(o.account("L01").User)
	if r := o.push(*o.by, "d1", wire.Mutation{Kind: wire.KindPerson, Doc: user, Base: 1, Command: &wire.Command{Verb: wire.VerbDelete}}); r.Outcome != wire.OutcomeApplied {
		t.Fatalf("%+v", r)
	}
	_, err := o.svc.Import(t.Context(), o.by, &wire.Import{People: strings.Replace(people, "党委书记", "书记", 1)})
	if faults, ok := errors.AsType[school.Faults](err); !ok || faults[0].Fault != "gone" || faults[0].Line != 2 {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatSaysNothingOfRightsLeavesThemAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{People: strings.Replace(people, "联络员\nL01", "联络员,停用\nL01", 1) + "gone,旧人,,经办人,党政办,99,,,是\n", Places: strings.Replace(places, "排序\n", "排序,停用\n", 1) + "X09,旧楼,主校区,宿舍,9,是\n"})
	before := o.account("gone")
	if !before.Disabled || !o.account("X01").Admin {
		t.Fatal("the first file is not understood")
	}
	o.imports(wire.Import{People: "用户名,姓名,角色,部门,排序\nL01,张书记,校领导,校领导班子,1\nX01,学工部长,学工负责人,学生工作部,20\ngone,旧人,经办人,党政办,99\n",
		Places: places + "X09,旧楼,主校区,宿舍,9\n"})
	if !o.account("gone").Disabled {
		t.Error("an account was opened again")
	}
	if !o.account("X01").Admin {
		t.Error("an administrator was put out")
	}
	if got := o.account("mishu").ProxyFor; len(got) != 1 {
		t.Errorf("the liaison enters for %v", got)
	}
	if err := o.db.View(t.Context(), o.by.School, func(v engine.View) error {
		for _, kind := range []wire.Kind{wire.KindPlace, wire.KindPerson} {
			docs, err := v.Kind(kind)
			if err != nil {
				return err
			}
			retired := 0
			for _, d := range docs {
				if strings.Contains(string(d.Body), `"retired":true`) {
					retired++
				}
			}
			if retired != 1 {
				t.Errorf("%s: %d retired, want 1", kind, retired)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if p, err := o.svc.Person(t.Context(), o.by.School, o.account("L01").User); err != nil || p.Post != "党委书记" {
		t.Errorf("post: %q, %v", p.Post, err)
	}
}
