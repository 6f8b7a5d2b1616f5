package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// seeding is the making of one school.
type seeding struct {
	store    Store
	eng      *engine.Engine
	objects  Objects
	by       *engine.Principal
	weeks    int
	accounts map[string]storage.Account
}

// story is a visit of visits.json.
type story struct {
	Key          string         `json:"key"`
	By           string         `json:"by"`
	Author       string         `json:"author"`
	Start        string         `json:"start"`
	Minutes      int            `json:"minutes"`
	Place        string         `json:"place"`
	Venue        wire.Venue     `json:"venue"`
	Mode         wire.Mode      `json:"mode"`
	Form         wire.Form      `json:"form"`
	Group        wire.GroupKind `json:"group"`
	GroupName    string         `json:"groupName"`
	Talked       int            `json:"talked"`
	Raised       bool           `json:"raised"`
	Summary      string         `json:"summary"`
	Purposes     []wire.Purpose `json:"purposes"`
	Participants []string       `json:"participants"`
	Course       *wire.Course   `json:"course"`
	Photos       int            `json:"photos"`
}

// idOf is the id of a story's visit.
func (s *seeding) idOf(st *story) wire.DocID { return wire.DocID(idOf(string(s.by.School), st.Key)) }

// told returns the stories and which of them are there already.
func (s *seeding) told(ctx context.Context) (stories []story, there map[wire.DocID]bool, err error) {
	if err := wire.Decode(visits, &stories); err != nil {
		return nil, nil, err
	}
	var ids []wire.DocID
	for i := range stories {
		ids = append(ids, s.idOf(&stories[i]))
	}
	there = map[wire.DocID]bool{}
	err = s.store.View(ctx, s.by.School, func(v engine.View) error {
		docs, err := v.Documents(ids)
		for i := range docs {
			there[docs[i].ID] = true
		}
		return err
	})
	return stories, there, err
}

// whole tells whether an earlier start has come to the end: the visits are written last.
func (s *seeding) whole(ctx context.Context) (bool, error) {
	stories, there, err := s.told(ctx)
	return len(there) == len(stories), err
}

// visits writes every story that is not there yet as its author's phone would have sent it.
func (s *seeding) visits(ctx context.Context) error {
	stories, there, err := s.told(ctx)
	if err != nil {
		return err
	}
	places, err := s.placesByCode(ctx)
	if err != nil {
		return err
	}
	seqs := map[string]int64{}
	for i := range stories {
		st := &stories[i]
		seqs[st.By]++
		if there[s.idOf(st)] {
			continue
		}
		a := s.accounts[st.By]
		p := &engine.Principal{School: a.School, User: a.User, Device: wire.DeviceID("demo-" + uuid.NewSHA1(uuid.NameSpaceOID, []byte(a.User)).String()[:8]),
			Scopes: engine.ScopesOf(a.User, a.Units, a.Admin), ProxyFor: a.ProxyFor}
		m, photos, err := s.mutation(st, places)
		if err != nil {
			return err
		}
		for _, jpeg := range photos { // first, so that a visit that is there has them
			hash := hashOf(jpeg)
			if err := s.objects.Put(ctx, hash, jpeg); err != nil {
				return err
			}
			if err := s.eng.PhotoStored(ctx, p, hash, int64(len(jpeg))); err != nil {
				return err
			}
		}
		m.Device, m.Seq = p.Device, seqs[st.By]
		resp, err := s.eng.Sync(ctx, p, &wire.SyncRequest{Device: p.Device, Schema: wire.Schema, Push: []jsontext.Value{wire.Encode(m)}})
		if err != nil {
			return err
		}
		if r := resp.Results[0]; r.Outcome != wire.OutcomeApplied {
			return fmt.Errorf("demo visit %s: %s %s %s", st.Key, r.Outcome, r.Code, r.Detail)
		}
	}
	return nil
}

func (s *seeding) mutation(st *story, places map[string]place) (*wire.Mutation, [][]byte, error) {
	start, err := time.ParseInLocation("2006-01-02 15:04", st.Start, engine.China)
	if err != nil {
		return nil, nil, err
	}
	start = start.AddDate(0, 0, 7*s.weeks)
	saved := start.Add(time.Duration(st.Minutes+5) * time.Minute)
	where := places[st.Place]
	if st.Venue == "" {
		st.Venue = where.fields.Venue
	}
	by := s.accounts[st.By].User
	author := by
	if st.Author != "" {
		author = s.accounts[st.Author].User
	}
	fields := map[string]any{
		"author": author, "enteredBy": by, "recordedAt": wire.FormatTime(saved.UnixMilli()),
		"when":  wire.When{Start: wire.FormatTime(start.UnixMilli()), Minutes: st.Minutes},
		"where": wire.Where{Place: where.id, Name: where.fields.Name, Venue: st.Venue},
		"mode":  st.Mode, "form": st.Form, "group": wire.Group{Kind: st.Group, Name: st.GroupName},
		"talked": st.Talked, "raised": st.Raised, "summary": st.Summary,
	}
	if len(st.Purposes) > 0 {
		fields["purposes"] = st.Purposes
	}
	if st.Course != nil {
		fields["course"] = st.Course
	}
	m := &wire.Mutation{Kind: wire.KindVisit, Doc: s.idOf(st), Set: map[string]wire.Change{},
		Command: &wire.Command{Verb: wire.VerbSubmit}, At: saved.UnixMilli(), Schema: wire.Schema, App: "demo", Append: map[string][]jsontext.Value{}}
	for name, v := range fields {
		m.Set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(v)}
	}
	for _, name := range st.Participants {
		m.Append["participants"] = append(m.Append["participants"], wire.Encode(wire.Participant{ID: s.accounts[name].User}))
	}
	var jpegs [][]byte
	for i := range st.Photos {
		jpeg, err := picture(slices.Index([]wire.Venue{wire.VenueDorm, wire.VenueCanteen, wire.VenueSociety}, st.Venue), i)
		if err != nil {
			return nil, nil, err
		}
		jpegs = append(jpegs, jpeg)
		m.Append["photos"] = append(m.Append["photos"], wire.Encode(wire.Photo{
			ID: wire.DocID(idOf(string(s.by.School), st.Key, fmt.Sprint(i))), SHA256: hashOf(jpeg), Bytes: len(jpeg), Width: pictureWidth,
			Height: pictureHeight, TakenAt: wire.FormatTime(start.Add(time.Duration(i) * time.Minute).UnixMilli()), Source: wire.SourceCamera}))
	}
	return m, jpegs, nil
}

// place is a place of the invented school.
type place struct {
	id     wire.DocID
	fields wire.PlaceFields
}

func (s *seeding) placesByCode(ctx context.Context) (map[string]place, error) {
	places := map[string]place{}
	err := s.store.View(ctx, s.by.School, func(v engine.View) error {
		docs, err := v.Kind(wire.KindPlace)
		if err != nil {
			return err
		}
		for i := range docs {
			var doc struct {
				Fields wire.PlaceFields `json:"fields"`
			}
			if err := wire.Glance(docs[i].Body, &doc); err != nil {
				return err
			}
			places[doc.Fields.Code] = place{docs[i].ID, doc.Fields}
		}
		return nil
	})
	return places, err
}

func hashOf(jpeg []byte) wire.Hash {
	sum := sha256.Sum256(jpeg)
	return wire.Hash(hex.EncodeToString(sum[:]))
}

func idOf(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, parts)).String()
}
