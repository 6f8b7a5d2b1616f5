package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// lastID is above every id: a position behind all documents that share a number.
const lastID = wire.DocID("\xff")

// errPutBack is answered inside the engine when an older copy of the store was put back in its place.
var errPutBack = errors.New("engine: the store is older than what it gave out")

// putBack tells whether an older copy of the store was put back since the request's cursor was given out.
func (e *Engine) putBack(v View, p *Principal, req *wire.SyncRequest, order Order) (bool, error) {
	if req.Pull == nil {
		return false, nil
	}
	c, ok := e.openCursor(p, req.Pull.Cursor)
	if !ok {
		return false, nil
	}
	upTo := c.Seq
	if c.Device == p.Device && c.Seq > 0 { // one look instead of counting gaps: this holds up other writers
		entries, err := v.Entries(p.Device, []int64{c.Seq})
		if err != nil {
			return false, err
		}
		if len(entries) == 0 {
			upTo--
		}
	}
	return c.beyond(order, p.Device, upTo), nil
}

// pull answers the page after the request's cursor into resp (I3, I10). told are the revisions that push results of the
// same answer carry: they are not sent twice.
func (e *Engine) pull(v View, p *Principal, req *wire.SyncRequest, told map[wire.DocID]int64, resp *wire.SyncResponse) error {
	order, err := v.Order()
	if err != nil {
		return err
	}
	horizon, err := e.horizon(v, resp.ServerTime)
	if err != nil {
		return err
	}
	c, ok := e.openCursor(p, req.Pull.Cursor)
	if ok && c.beyond(order, p.Device, resp.Device.UpTo) {
		return errPutBack
	}
	scopes := hashScopes(p.Scopes)
	if !ok || c.Store != order.Store || c.Epoch != order.Epoch || c.Scopes != scopes || horizon < c.Horizon ||
		resp.ServerTime-c.Issued > cursorLife {
		// From the start: the phone drops what does not arrive in this generation.
		c = cursor{Version: cursorVersion, Store: order.Store, Epoch: order.Epoch, Scopes: scopes, Now: order.Now,
			Reset: fmt.Sprintf("%x.%x", order.Now, resp.ServerTime)}
	} else if c.Done {
		// The next sweep begins below what was visible when the last one began, by as much as a write may lag.
		from := Position{Changed: c.Now - min(c.Now, order.Overlap), ID: lastID}
		c.Now, c.Changed, c.ID, c.Done, c.Reset = order.Now, from.Changed, from.ID, false, ""
	}
	c.Horizon, c.Issued, c.Seq, c.Device = horizon, resp.ServerTime, resp.Device.UpTo, p.Device
	limit := wire.MaxPullDocuments
	if req.Pull.Limit > 0 {
		limit = min(limit, req.Pull.Limit)
	}
	changes, full, err := v.Changes(p.Scopes, Position{c.Changed, c.ID}, horizon, limit, wire.MaxPullBytes)
	if err != nil {
		return err
	}
	page(p, changes, c.Reset != "", told, resp)
	if n := len(changes); n > 0 {
		c.Changed, c.ID = changes[n-1].Position.Changed, changes[n-1].Position.ID
	}
	c.Done = !full
	resp.More, resp.Reset, resp.Horizon = full, c.Reset, horizon
	if c.Done {
		c.ID = ""
	}
	resp.Cursor = e.sealCursor(p, c)
	if req.Verify && c.Done {
		return digest(v, p, horizon, resp)
	}
	return nil
}

// page sorts changes into documents and removals. A reset sends neither tombstones nor removals: what does not come is
// gone.
func page(p *Principal, changes []Change, reset bool, told map[wire.DocID]int64, resp *wire.SyncResponse) {
	resp.Documents, resp.Removed = []jsontext.Value{}, []wire.Removal{}
	for i := range changes {
		s := &changes[i].Stored
		body := shown(p, s)
		switch {
		case body == nil && !reset:
			resp.Removed = append(resp.Removed, wire.Removal{ID: s.ID, Rev: s.Rev})
		case body == nil || reset && s.Deleted || !reset && told[s.ID] == s.Rev:
		default:
			resp.Documents = append(resp.Documents, body)
		}
	}
}

// horizon is the first day of the term before the current one: own visits older than that are not pulled. It is empty
// while the calendar does not know so far back.
func (e *Engine) horizon(v View, now int64) (string, error) {
	terms, err := v.Kind(wire.KindTerm)
	if err != nil {
		return "", err
	}
	today := time.UnixMilli(now).In(China).Format(time.DateOnly)
	var starts []string
	for i := range terms {
		if terms[i].Deleted {
			continue
		}
		if start := word[string](open(&terms[i]), "start"); start <= today {
			starts = append(starts, start)
		}
	}
	if len(starts) < 2 {
		return "", nil
	}
	slices.Sort(starts)
	return starts[len(starts)-2], nil
}
