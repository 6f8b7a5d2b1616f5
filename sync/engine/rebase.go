package engine

import (
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// Rebase shows what a document will be once the phone's pending mutations have reached the server: it carries them out,
// in order of seq, on the newest copy the phone has (nil: none). What is in the document already is skipped, what cannot
// take effect is left out and named in blocked. Rev stays the server's: 0 for a document it does not have. Nil comes
// back for a document that does not exist. now is the phone's best guess of server time, Unix milliseconds.
//
// The server does not need it; it is here so that one set of vectors binds both languages (I7).
func Rebase(doc *wire.Document, user wire.UserID, pending []wire.Mutation, now int64) (shown *wire.Document, blocked []int64) {
	by := &Principal{User: user, Scopes: ScopesOf(user, nil, false)}
	rev := int64(0)
	if doc != nil {
		doc, rev = clone(doc), doc.Rev
	}
	for i := range pending {
		m := &pending[i]
		if m.Discarded || doc != nil && applied(doc, m.Device, m.Seq) {
			continue
		}
		r, known := kinds[m.Kind]
		if !known || doc == nil && m.Base > 0 {
			blocked = append(blocked, m.Seq)
			continue
		}
		next := doc
		if doc == nil {
			next = &wire.Document{Kind: m.Kind, ID: m.Doc, Schema: wire.Schema, Fields: map[string]jsontext.Value{},
				Marks: map[string]wire.Mark{}, Applied: map[wire.DeviceID]wire.Applied{}, Conflicts: []wire.Conflict{},
				CreatedAt: wire.FormatTime(now)}
			by.ProxyFor = proxies(m)
		} else {
			next = clone(doc)
		}
		c := &call{by: by, m: m, received: now, edited: edited(m, next, now)}
		if r.change(next, c) != nil {
			blocked = append(blocked, m.Seq)
			continue
		}
		next.Rev++
		next.UpdatedAt = wire.FormatTime(now)
		doc = next
	}
	if doc != nil {
		doc.Rev = rev
	}
	return doc, blocked
}

// proxies trusts the phone about whom it may enter for: whether that is so is the server's to say.
func proxies(m *wire.Mutation) []wire.UserID {
	var author wire.UserID
	if err := wire.Decode(m.Set[fAuthor].Now, &author); err != nil {
		return nil
	}
	return []wire.UserID{author}
}
