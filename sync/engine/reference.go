package engine

import (
	"slices"
	"unicode/utf8"

	"zoufang/sync/wire"
)

// suggestionRules: anybody may write one about this app; only its author and the administrators read it (F13).
var suggestionRules = rules{
	fields: map[string]field{
		fAuthor: {check: checkedText(wire.ValidUUID), required: true, once: true},
		"text": {check: checkedText(func(s string) bool {
			return s != "" && utf8.RuneCountInString(s) <= wire.MaxSummaryRunes
		}), required: true, long: true},
	},
	create: func(doc *wire.Document, c *call) *stop {
		if word[wire.UserID](doc, fAuthor) != c.by.User {
			return refuse(wire.CodeForbidden, fAuthor)
		}
		return nil
	},
	write: func(doc *wire.Document, c *call) *stop {
		switch {
		case word[wire.UserID](doc, fAuthor) != c.by.User:
			return refuse(wire.CodeForbidden, "")
		case doc.Deleted:
			return hold(wire.CodeGone, "")
		}
		return nil
	},
	command: func(doc *wire.Document, c *call) *stop {
		switch {
		case word[wire.UserID](doc, fAuthor) != c.by.User:
			return refuse(wire.CodeForbidden, string(c.m.Command.Verb))
		case c.m.Command.Verb == wire.VerbDelete:
			doc.Deleted = true
		case c.m.Command.Verb != wire.VerbSubmit:
			return refuse(wire.CodeInvalid, "command.verb")
		}
		return nil
	},
	audience: func(doc *wire.Document) []wire.Scope {
		return sorted([]wire.Scope{AdminScope, UserScope(word[wire.UserID](doc, fAuthor))})
	},
}

// referenceRules: the school's own data. Administrators write it, everybody at the school reads it.
func referenceRules(fields map[string]field) *rules {
	admin := func(doc *wire.Document, c *call) *stop {
		switch {
		case !c.by.Admin:
			return refuse(wire.CodeForbidden, "")
		case doc.Deleted:
			return hold(wire.CodeGone, "")
		}
		return nil
	}
	return &rules{
		fields: fields,
		create: admin,
		write:  admin,
		command: func(doc *wire.Document, c *call) *stop {
			switch {
			case !c.by.Admin:
				return refuse(wire.CodeForbidden, string(c.m.Command.Verb))
			case c.m.Command.Verb == wire.VerbDelete:
				doc.Deleted = true
			case c.m.Command.Verb != wire.VerbSubmit:
				return refuse(wire.CodeInvalid, "command.verb")
			}
			return nil
		},
		audience: func(*wire.Document) []wire.Scope { return []wire.Scope{SchoolScope} },
	}
}

var (
	placeFields = map[string]field{
		"code":   {check: checkedText(named), required: true, once: true},
		"name":   {check: checkedText(named), required: true},
		"campus": {check: checkedText(text(wire.MaxNameRunes)), required: true},
		"venue": {check: checkedWord(wire.VenueClassroom, wire.VenueClass, wire.VenueDorm, wire.VenueCanteen, wire.VenueSociety,
			wire.VenueLecture, wire.VenueOnline, wire.VenueOther), required: true},
		"order":   {check: checkedInt(0, 1_000_000), required: true},
		"retired": {check: checkedBool},
	}
	unitFields = map[string]field{
		"code":    {check: checkedText(named), required: true, once: true},
		"name":    {check: checkedText(named), required: true},
		"level":   {check: checkedWord(wire.LevelSchool, wire.LevelDepartment, wire.LevelCollege), required: true},
		"parent":  {check: checkedText(validRef), required: true},
		"order":   {check: checkedInt(0, 1_000_000), required: true},
		"retired": {check: checkedBool},
	}
	personFields = map[string]field{
		"name": {check: checkedText(named), required: true},
		"post": {check: checkedText(text(wire.MaxNameRunes)), required: true},
		"role": {check: checkedWord(wire.RoleLeader, wire.RoleDeptHead, wire.RoleCollegeHead, wire.RoleSAHead, wire.RoleLiaison,
			wire.RoleSAAdmin, wire.RoleReviewer, wire.RoleHandler), required: true},
		"unit":    {check: checkedText(validRef), required: true},
		"order":   {check: checkedInt(0, 1_000_000), required: true},
		"retired": {check: checkedBool},
	}
	termFields = map[string]field{
		"name":       {check: checkedText(named), required: true, once: true},
		"start":      {check: checkedText(wire.ValidDay), required: true},
		"weeks":      {check: checkedInt(1, 53), required: true},
		"holidays":   {check: checked(validHolidays), required: true},
		"makeupDays": {check: checked(validDays), required: true},
	}
)

func validRef(id string) bool { return id == "" || wire.ValidUUID(id) }

func validHolidays(hs *[]wire.Holiday) bool {
	return len(*hs) <= 60 && !slices.ContainsFunc(*hs, func(h wire.Holiday) bool {
		return !named(h.Name) || !wire.ValidDay(h.From) || !wire.ValidDay(h.To) || h.From > h.To
	})
}

func validDays(ds *[]string) bool {
	return len(*ds) <= 60 && !slices.ContainsFunc(*ds, func(d string) bool { return !wire.ValidDay(d) })
}
