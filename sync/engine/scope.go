package engine

import (
	"slices"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// SchoolScope is everybody who works at the school; AdminScope the administrators' office.
const (
	SchoolScope wire.Scope = "school"
	AdminScope  wire.Scope = "office:admin"
)

// UserScope is one person; UnitScope those who serve a unit.
func UserScope(u wire.UserID) wire.Scope { return wire.Scope("user:" + string(u)) }

// UnitScope is those who serve a unit.
func UnitScope(u wire.DocID) wire.Scope { return wire.Scope("unit:" + string(u)) }

// ScopesOf returns the scopes of a person, sorted.
func ScopesOf(user wire.UserID, units []wire.DocID, admin bool) []wire.Scope {
	scopes := []wire.Scope{SchoolScope, UserScope(user)}
	for _, u := range units {
		scopes = append(scopes, UnitScope(u))
	}
	if admin {
		scopes = append(scopes, AdminScope)
	}
	return sorted(scopes)
}

func sorted(scopes []wire.Scope) []wire.Scope {
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// reads reports whether the principal is in the audience; fully, whether nothing of the document is kept from them.
func reads(p *Principal, kind wire.Kind, audience []wire.Scope) (any, fully bool) {
	for _, s := range audience {
		if slices.Contains(p.Scopes, s) {
			any = true
			if s != AdminScope {
				return true, true
			}
		}
	}
	r := kinds[kind]
	return any, any && (r == nil || r.project == nil)
}

// shown returns the JSON of a stored document as the principal may see it, nil if not at all (I10).
func shown(p *Principal, s *Stored) jsontext.Value {
	any, fully := reads(p, s.Kind, s.Audience)
	switch {
	case !any:
		return nil
	case fully:
		return s.Body
	}
	doc := open(s)
	kinds[s.Kind].project(doc)
	return wire.AppendDocument(nil, doc)
}

// open reads a stored document.
func open(s *Stored) *wire.Document {
	doc := new(wire.Document)
	if err := wire.Decode(s.Body, doc); err != nil {
		panic("engine: stored document " + string(s.ID) + ": " + err.Error())
	}
	return doc
}

// seal makes a document ready for the store, replacing what was there (nil: nothing was).
func seal(doc *wire.Document, was *Stored) Stored {
	r := kinds[doc.Kind]
	s := Stored{ID: doc.ID, Kind: doc.Kind, Rev: doc.Rev, Body: wire.AppendDocument(make([]byte, 0, 1536), doc), Audience: r.audience(doc), Deleted: doc.Deleted}
	if r.names != nil {
		s.Names = r.names(doc)
	}
	if r.day != nil {
		s.Day = r.day(doc)
	}
	if was != nil {
		s.Prev = was.Rev
		if latest := max(was.Day, was.Latest); latest > s.Day {
			s.Latest = latest
		}
		for _, scope := range slices.Concat(was.Audience, was.FormerAudience) {
			if !slices.Contains(s.Audience, scope) {
				s.FormerAudience = append(s.FormerAudience, scope)
			}
		}
		s.FormerAudience = sorted(s.FormerAudience)
	}
	return s
}
