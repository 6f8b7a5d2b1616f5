package engine

import (
	"slices"
	"time"
	"unicode/utf8"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// The names of a visit's fields; their types are wire.VisitFields.
const (
	fAuthor        = "author"
	fEnteredBy     = "enteredBy"
	fWhen          = "when"
	fGroup         = "group"
	fSummary       = "summary"
	fPhotos        = "photos"
	fParticipants  = "participants"
	fState         = "state"
	fStateReason   = "stateReason"
	fConfirmations = "confirmations"
	fEvidence      = "evidence"
)

// China is the zone in which days and weeks are counted (C1). It has had no summer time since 1991.
var China = time.FixedZone("Asia/Shanghai", 8*3600)

var visitRules = rules{
	fields: map[string]field{
		fAuthor:      {check: checkedText(wire.ValidUUID), required: true, once: true},
		fEnteredBy:   {check: checkedText(wire.ValidUUID), required: true, once: true},
		"recordedAt": {check: checkedText(validTime), required: true, once: true},
		fWhen:        {check: checked(validWhen), required: true},
		"where":      {check: checked(validWhere), required: true},
		"mode":       {check: checkedWord(wire.ModeFaceToFace, wire.ModeOnline), required: true},
		"form": {check: checkedWord(wire.FormVisit, wire.FormDiscussion, wire.FormTalk, wire.FormSharedMeal,
			wire.FormClassObservation, wire.FormIdeologyLecture, wire.FormPolicyLecture, wire.FormReceptionDay,
			wire.FormClassMeeting, wire.FormPartyDay, wire.FormLeagueDay, wire.FormSocietyActivity, wire.FormContest,
			wire.FormOnlineChat, wire.FormOther), required: true},
		fGroup:       {check: checked(validGroup), required: true},
		"talked":     {check: checkedInt(0, wire.MaxCount), required: true},
		"present":    {check: checkedInt(0, wire.MaxCount)},
		"raised":     {check: checkedBool, required: true},
		"purposes":   {check: checked(validPurposes)},
		fSummary:     {check: checkedText(text(wire.MaxSummaryRunes)), long: true},
		"lateReason": {check: checkedText(text(wire.MaxReasonRunes))},
		"course":     {check: checked(validCourse)},
	},
	lists: map[string]list{
		fPhotos:       {check: checked(validPhoto), stamp: stampPhoto, max: wire.MaxPhotos, code: wire.CodePhotos},
		fParticipants: {check: checked(validParticipant), max: wire.MaxParticipants, code: wire.CodeInvalid},
	},
	create:   createVisit,
	write:    writeVisit,
	command:  commandVisit,
	settle:   settleVisit,
	audience: visitAudience,
	project:  projectVisit,
	names:    visitNames,
	day:      visitDay,
}

func createVisit(doc *wire.Document, c *call) *stop {
	author, enteredBy := word[wire.UserID](doc, fAuthor), word[wire.UserID](doc, fEnteredBy)
	switch {
	case c.m.Command == nil || c.m.Command.Verb != wire.VerbSubmit:
		return refuse(wire.CodeInvalid, "a visit begins with submit")
	case enteredBy != c.by.User:
		return refuse(wire.CodeForbidden, fEnteredBy)
	case author != c.by.User && !slices.Contains(c.by.ProxyFor, author):
		return refuse(wire.CodeForbidden, fAuthor)
	}
	put(doc, fState, wire.VisitSubmitted)
	return timeStop(doc, c)
}

// timeStop refuses times that no clock meant: before 2000 or more than 36 hours after the receipt.
func timeStop(doc *wire.Document, c *call) *stop {
	start, ok := wire.ParseTime(read[wire.When](doc, fWhen).Start)
	if !ok || start < 946684800000 || start > c.received+36*3600_000 {
		return refuse(wire.CodeTime, fWhen)
	}
	return nil
}

func writeVisit(doc *wire.Document, c *call) *stop {
	author, enteredBy := word[wire.UserID](doc, fAuthor), word[wire.UserID](doc, fEnteredBy)
	switch {
	case c.by.User != author && c.by.User != enteredBy:
		return refuse(wire.CodeForbidden, "")
	case doc.Deleted:
		return hold(wire.CodeGone, "")
	case word[wire.VisitState](doc, fState) != wire.VisitSubmitted:
		return hold(wire.CodeState, string(word[wire.VisitState](doc, fState)))
	case c.by.User != author && read[map[wire.UserID]wire.Confirmation](doc, fConfirmations)[author].Accept:
		return hold(wire.CodeConfirmed, "")
	}
	if _, ok := c.m.Set[fWhen]; ok {
		return timeStop(doc, c)
	}
	return nil
}

func commandVisit(doc *wire.Document, c *call) *stop {
	author, enteredBy := word[wire.UserID](doc, fAuthor), word[wire.UserID](doc, fEnteredBy)
	state := word[wire.VisitState](doc, fState)
	cmd := c.m.Command
	if cmd.Verb == wire.VerbConfirm {
		return confirmVisit(doc, c)
	}
	if c.by.User != author && c.by.User != enteredBy {
		return refuse(wire.CodeForbidden, string(cmd.Verb))
	}
	if c.by.User != author && read[map[wire.UserID]wire.Confirmation](doc, fConfirmations)[author].Accept {
		return hold(wire.CodeConfirmed, "")
	}
	switch cmd.Verb {
	case wire.VerbWithdraw:
		switch {
		case doc.Deleted:
			return hold(wire.CodeGone, "")
		case state == wire.VisitSubmitted:
			put(doc, fState, wire.VisitWithdrawn)
			put(doc, fStateReason, cmd.Reason)
		}
	case wire.VerbDelete:
		doc.Deleted = true
	case wire.VerbSubmit:
		if doc.Deleted || state != wire.VisitSubmitted {
			return hold(wire.CodeState, string(state))
		}
	default:
		return refuse(wire.CodeInvalid, "command.verb")
	}
	return nil
}

// confirmVisit records a person's own answer: a participant's, or the author's about what was entered on their behalf.
func confirmVisit(doc *wire.Document, c *call) *stop {
	author, enteredBy := word[wire.UserID](doc, fAuthor), word[wire.UserID](doc, fEnteredBy)
	asked := c.by.User == author && enteredBy != author
	for _, p := range read[[]wire.Participant](doc, fParticipants) {
		asked = asked || !p.Removed && p.ID == c.by.User
	}
	switch {
	case !asked:
		return refuse(wire.CodeForbidden, string(wire.VerbConfirm))
	case doc.Deleted:
		return hold(wire.CodeGone, "")
	case word[wire.VisitState](doc, fState) != wire.VisitSubmitted:
		return hold(wire.CodeState, string(word[wire.VisitState](doc, fState)))
	}
	answers := read[map[wire.UserID]wire.Confirmation](doc, fConfirmations)
	if answers == nil {
		answers = map[wire.UserID]wire.Confirmation{}
	}
	answers[c.by.User] = wire.Confirmation{
		Accept: c.m.Command.Accept == nil || *c.m.Command.Accept,
		At:     wire.FormatTime(c.received),
	}
	put(doc, fConfirmations, answers)
	return nil
}

// settleVisit recomputes the evidence. On a phone, which cannot know what has arrived, only the number wanted moves.
func settleVisit(doc *wire.Document, c *call) {
	old := read[wire.Evidence](doc, fEvidence)
	var now wire.Evidence
	for _, p := range read[[]wire.Photo](doc, fPhotos) {
		if p.Removed {
			continue
		}
		now.Want++
		if c.holds != nil && c.holds(p.By, p.SHA256) {
			now.Have++
		}
	}
	if c.holds == nil {
		now.Have = min(old.Have, now.Want)
	}
	switch {
	case now.Want == 0:
		now.State = wire.EvidenceNone
	case now.Have < now.Want:
		now.State = wire.EvidencePending
	default:
		now.State = wire.EvidenceComplete
	}
	if now != old {
		put(doc, fEvidence, now)
	}
}

func visitAudience(doc *wire.Document) []wire.Scope {
	scopes := []wire.Scope{AdminScope, UserScope(word[wire.UserID](doc, fAuthor)), UserScope(word[wire.UserID](doc, fEnteredBy))}
	for _, p := range read[[]wire.Participant](doc, fParticipants) {
		if !p.Removed {
			scopes = append(scopes, UserScope(p.ID))
		}
	}
	return sorted(scopes)
}

// projectVisit leaves an administrator what the ledger needs and nothing a student may have said (P16).
func projectVisit(doc *wire.Document) {
	for _, name := range []string{fSummary, fPhotos, "lateReason", fStateReason} {
		delete(doc.Fields, name)
	}
	if v, ok := doc.Fields[fGroup]; ok && !wire.IsNull(v) {
		put(doc, fGroup, wire.Group{Kind: read[wire.Group](doc, fGroup).Kind})
	}
	doc.Conflicts = []wire.Conflict{}
}

func visitNames(doc *wire.Document) []wire.Hash {
	var names []wire.Hash
	for _, p := range read[[]wire.Photo](doc, fPhotos) {
		if !p.Removed {
			names = append(names, p.SHA256)
		}
	}
	return names
}

func visitDay(doc *wire.Document) string {
	start, _ := wire.ParseTime(read[wire.When](doc, fWhen).Start) // was checked when it was written
	return time.UnixMilli(start).In(China).Format(time.DateOnly)
}

func stampPhoto(v jsontext.Value, user wire.UserID) jsontext.Value {
	var p wire.Photo
	if err := wire.Decode(v, &p); err != nil {
		panic("engine: a checked photo: " + err.Error())
	}
	p.By = user
	return wire.Encode(p)
}

func validTime(s string) bool {
	_, ok := wire.ParseTime(s)
	return ok
}

func validWhen(w *wire.When) bool {
	_, ok := wire.ParseTime(w.Start)
	return ok && w.Minutes >= 0 && w.Minutes <= 24*60
}

func validWhere(w *wire.Where) bool {
	return (w.Place == "" || wire.ValidUUID(string(w.Place))) && named(w.Name) &&
		oneOf(wire.VenueClassroom, wire.VenueClass, wire.VenueDorm, wire.VenueCanteen, wire.VenueSociety, wire.VenueLecture,
			wire.VenueOnline, wire.VenueOther)(&w.Venue)
}

func validGroup(g *wire.Group) bool {
	return utf8.RuneCountInString(g.Name) <= wire.MaxNameRunes &&
		oneOf(wire.GroupDorm, wire.GroupLinked, wire.GroupClass, wire.GroupSociety, wire.GroupDiners, wire.GroupCourse,
			wire.GroupAudience, wire.GroupOnline, wire.GroupMixed)(&g.Kind)
}

func validPurposes(ps *[]wire.Purpose) bool {
	known := oneOf(wire.PurposeCampusLife, wire.PurposeCare, wire.PurposeAnswer, wire.PurposeSolve)
	for i := range *ps {
		if !known(&(*ps)[i]) || slices.Contains((*ps)[:i], (*ps)[i]) {
			return false
		}
	}
	return true
}

func validCourse(c *wire.Course) bool {
	return utf8.RuneCountInString(c.Topic) <= wire.MaxNameRunes && c.Hours >= 0 && c.Hours <= 12
}

func validPhoto(p *wire.Photo) bool {
	return wire.ValidUUID(string(p.ID)) && wire.ValidHash(string(p.SHA256)) && p.Bytes > 0 && p.Bytes <= wire.MaxPhotoBytes &&
		p.Width > 0 && p.Width <= wire.MaxPhotoSide && p.Height > 0 && p.Height <= wire.MaxPhotoSide &&
		(p.TakenAt == "" || validTime(p.TakenAt)) && oneOf(wire.SourceCamera, wire.SourceAlbum)(&p.Source) && p.By == "" && !p.Removed
}

func validParticipant(p *wire.Participant) bool { return wire.ValidUUID(string(p.ID)) && !p.Removed }

func oneOf[T comparable](values ...T) func(*T) bool {
	return func(v *T) bool { return slices.Contains(values, *v) }
}

func text(limit int) func(string) bool {
	return func(s string) bool { return utf8.RuneCountInString(s) <= limit }
}

func named(s string) bool { return s != "" && utf8.RuneCountInString(s) <= wire.MaxNameRunes }
