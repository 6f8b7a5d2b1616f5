package engine

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// change carries out one mutation on doc, in place: set, then append, then the command, then what follows from them.
// doc is the state the mutation meets, with Rev 0 when it creates. A stop leaves doc in an undefined state: the caller
// works on a copy. It is pure and total, and its twin is pwa/src/sync/merge.ts (I7).
func (r *rules) change(doc *wire.Document, c *call) *stop {
	creating := doc.Rev == 0
	if !creating && len(c.m.Set)+len(c.m.Append) > 0 {
		if s := r.write(doc, c); s != nil {
			return s
		}
	}
	if s := r.set(doc, c); s != nil {
		return s
	}
	if s := r.append(doc, c); s != nil {
		return s
	}
	if creating {
		for _, name := range sortedKeys(r.fields) {
			if r.fields[name].required && wire.IsNull(doc.Fields[name]) {
				return refuse(wire.CodeInvalid, name+" is missing")
			}
		}
		if s := r.create(doc, c); s != nil {
			return s
		}
	} else {
		if len(c.m.Set) > 0 { // a moved time is judged on the merged value
			if s := r.write(doc, c); s != nil {
				return s
			}
		}
		if c.m.Command != nil {
			if s := r.command(doc, c); s != nil {
				return s
			}
		}
	}
	if r.settle != nil {
		r.settle(doc, c)
	}
	if len(doc.Conflicts) > wire.MaxConflicts {
		doc.Conflicts = doc.Conflicts[len(doc.Conflicts)-wire.MaxConflicts:]
	}
	return nil
}

// set merges fields three-way against the value the person saw, not against a revision.
func (r *rules) set(doc *wire.Document, c *call) *stop {
	creating := doc.Rev == 0
	for _, name := range sortedKeys(c.m.Set) {
		f, known := r.fields[name]
		if !known {
			return refuse(wire.CodeInvalid, "set."+name)
		}
		now := c.m.Set[name].Now
		switch {
		case wire.IsNull(now) && f.required:
			return refuse(wire.CodeInvalid, name+" is missing")
		case !wire.IsNull(now):
			if err := f.check(now); err != nil {
				return refuse(wire.CodeInvalid, "set."+name+": "+err.Detail)
			}
		}
		was, here := c.m.Set[name].Was, doc.Fields[name]
		// Who saw a conflict and sets the field has decided it.
		doc.Conflicts = slices.DeleteFunc(doc.Conflicts, func(x wire.Conflict) bool { return x.Field == name && x.Rev <= c.m.Base })
		switch {
		case wire.Equal(here, now):
		case wire.Equal(was, now): // the person changed nothing: what others did meanwhile stands
		case f.once && !creating:
			return refuse(wire.CodeWriteOnce, name)
		case creating || wire.Equal(here, was):
			assign(doc, name, now)
			if !creating {
				doc.Marks[name] = c.mark()
			}
		case f.long:
			lose(doc, c, name, now, c.mark())
			c.merged = true
		default:
			mark := markOf(doc, name)
			if later(c.mark(), mark) {
				lose(doc, c, name, here, mark)
				assign(doc, name, now)
				doc.Marks[name] = c.mark()
			} else {
				lose(doc, c, name, now, c.mark())
				c.merged = true
			}
		}
	}
	if creating {
		doc.Marks["*"] = c.mark()
	}
	return nil
}

// append unites lists by element id. An element never changes; its tombstone wins over everything (remove wins).
func (r *rules) append(doc *wire.Document, c *call) *stop {
	for _, name := range sortedKeys(c.m.Append) {
		l, known := r.lists[name]
		if !known {
			return refuse(wire.CodeInvalid, "append."+name)
		}
		if len(c.m.Append[name]) > 8*l.max {
			return refuse(l.code, "append."+name)
		}
		here := read[[]jsontext.Value](doc, name)
		ids := make([]string, len(here), len(here)+len(c.m.Append[name])) // read once: reading an element is dear
		for i, e := range here {
			ids[i], _, _ = element(e)
		}
		for _, v := range c.m.Append[name] {
			id, removed, ok := element(v)
			if !ok {
				return refuse(wire.CodeInvalid, "append."+name+": id")
			}
			at := slices.Index(ids, id)
			if removed {
				tombstone := jsontext.Value(wire.Encode(map[string]any{"id": id, "removed": true}))
				if at < 0 {
					here, ids = append(here, tombstone), append(ids, id)
				} else {
					here[at] = tombstone
				}
				continue
			}
			if err := l.check(v); err != nil {
				return refuse(wire.CodeInvalid, "append."+name+": "+err.Detail)
			}
			if l.stamp != nil {
				v = l.stamp(v, c.by.User)
			}
			if at >= 0 {
				if _, gone, _ := element(here[at]); !gone && !wire.Equal(here[at], v) {
					lose(doc, c, name, v, c.mark())
					c.merged = true
				}
				continue
			}
			here, ids = append(here, wire.Encode(v)), append(ids, id)
		}
		living := 0
		for _, e := range here {
			if _, removed, _ := element(e); !removed {
				living++
			}
		}
		if living > l.max || len(here) > 8*l.max {
			return refuse(l.code, "append."+name)
		}
		put(doc, name, here)
	}
	return nil
}

// element reads the id of a list's element and whether it is a tombstone.
func element(v jsontext.Value) (id string, removed, ok bool) {
	var e struct {
		ID      string `json:"id"`
		Removed bool   `json:"removed"`
	}
	if wire.Glance(v, &e) != nil || !wire.ValidUUID(e.ID) || e.Removed && wire.Decode(v, &e) != nil {
		return "", false, false
	}
	return e.ID, e.Removed, true
}

// lose keeps a value that a merge replaced, for the person who wrote it (I6).
func lose(doc *wire.Document, c *call, name string, value jsontext.Value, mark wire.Mark) {
	if wire.IsNull(value) {
		value = wire.Null
	}
	doc.Conflicts = append(doc.Conflicts, wire.Conflict{
		Field: name, Value: value, User: mark.User, At: mark.At, Device: mark.Device, Seq: mark.Seq, Rev: doc.Rev + 1,
	})
}

func assign(doc *wire.Document, name string, value jsontext.Value) {
	if wire.IsNull(value) {
		delete(doc.Fields, name)
		return
	}
	doc.Fields[name] = compact(value)
}

// compact leaves out white space between tokens: values go into documents as they are, and a phone may send any amount.
func compact(value jsontext.Value) jsontext.Value {
	if k := value.Kind(); k != '{' && k != '[' || !bytes.ContainsAny(value, " \t\r\n") {
		return value
	}
	value = value.Clone()
	if err := value.Compact(); err != nil {
		panic("engine: a checked value: " + err.Error())
	}
	return value
}

func markOf(doc *wire.Document, name string) wire.Mark {
	if m, ok := doc.Marks[name]; ok {
		return m
	}
	return doc.Marks["*"]
}

// later orders edits by time, ties by device and number.
func later(a, b wire.Mark) bool {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Seq, b.Seq)) > 0
}

// edited is when the person made the edit: the phone's clock, moved by the offset it measured, never before the
// document existed nor after the server received it.
func edited(m *wire.Mutation, doc *wire.Document, received int64) int64 {
	at := m.At
	if m.Anchor != nil {
		at += m.Anchor.Offset
	}
	if doc.Rev > 0 && m.Base > 0 {
		if created, ok := wire.ParseTime(doc.CreatedAt); ok {
			at = max(at, created)
		}
	}
	return min(at, received)
}

// applied tells whether a document holds the effect of a mutation; note adds it, compressed by what the phone acknowledged.
func applied(doc *wire.Document, device wire.DeviceID, seq int64) bool {
	a := doc.Applied[device]
	return seq <= a.To || slices.Contains(a.And, seq)
}

func note(doc *wire.Document, device wire.DeviceID, seq, acked int64) {
	a := doc.Applied[device]
	to := max(a.To, min(acked, seq-1))
	// A phone that never acknowledges makes this list long: it is kept in order, and searched, not compared pair by pair.
	first, _ := slices.BinarySearch(a.And, to+1)
	and := append([]int64(nil), a.And[first:]...)
	if at, known := slices.BinarySearch(and, seq); !known && seq > to {
		and = slices.Insert(and, at, seq)
	}
	doc.Applied[device] = wire.Applied{To: to, And: and}
}

// clone copies a document so deep that change on the copy leaves the original alone.
func clone(doc *wire.Document) *wire.Document {
	d := *doc
	d.Fields = maps.Clone(doc.Fields)
	d.Marks = maps.Clone(doc.Marks)
	d.Applied = maps.Clone(doc.Applied)
	d.Conflicts = slices.Clone(doc.Conflicts)
	return &d
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
