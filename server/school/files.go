package school

import (
	"strings"
	"time"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// The names of the three files, as faults tell them.
const (
	peopleFile   = "people.csv"
	placesFile   = "places.csv"
	calendarFile = "calendar.csv"
)

// personRow is a line of people.csv.
type personRow struct {
	*row
	username string
	fields   wire.PersonFields
	// unit is the name of the unit, level where it stands.
	unit     string
	level    wire.UnitLevel
	admin    bool
	disabled bool
	// liaisons are the user names of those who may enter visits for this person.
	liaisons []string
}

var peopleColumns = []column{
	{"username", "用户名", true}, {"name", "姓名", true}, {"post", "职务", false}, {"role", "角色", true}, {"unit", "部门", true},
	{"level", "级别", false}, {"order", "排序", false}, {"admin", "管理员", false}, {"liaison", "联络员", false}, {"disabled", "停用", false},
}

var roleWords = map[string]wire.Role{
	"校领导": wire.RoleLeader, "机关部处负责人": wire.RoleDeptHead, "院系负责人": wire.RoleCollegeHead, "学工负责人": wire.RoleSAHead,
	"联络员": wire.RoleLiaison, "学工管理员": wire.RoleSAAdmin, "审阅": wire.RoleReviewer, "经办人": wire.RoleHandler,
}

var levelWords = map[string]wire.UnitLevel{"学校": wire.LevelSchool, "机关部处": wire.LevelDepartment, "院系": wire.LevelCollege}

func readPeople(text string, faults *Faults) []personRow {
	var people []personRow
	seen := map[string]bool{}
	for i, r := range readTable(peopleFile, text, peopleColumns, faults) {
		p := personRow{row: r, username: r.text("username"), unit: r.text("unit"), admin: r.yes("admin"), disabled: r.yes("disabled")}
		p.fields = wire.PersonFields{Name: r.text("name"), Post: r.text("post"), Role: word(r, "role", roleWords, ""), Order: r.number("order", 0, 1_000_000, i+1)}
		level := wire.LevelDepartment
		switch p.fields.Role {
		case wire.RoleLeader:
			level = wire.LevelSchool
		case wire.RoleCollegeHead:
			level = wire.LevelCollege
		}
		p.level = word(r, "level", levelWords, level)
		p.liaisons = strings.FieldsFunc(r.cells["liaison"], func(c rune) bool { return strings.ContainsRune(";；,，、 ", c) })
		if login := storage.FoldUsername(p.username); login != "" {
			if seen[login] {
				r.fault("username", "twice")
			}
			seen[login] = true
		}
		people = append(people, p)
	}
	return people
}

// placeRow is a line of places.csv.
type placeRow struct {
	*row
	fields wire.PlaceFields
}

var placeColumns = []column{
	{"code", "编号", true}, {"name", "名称", true}, {"campus", "校区", false}, {"venue", "类型", true}, {"order", "排序", false}, {"retired", "停用", false},
}

var venueWords = map[string]wire.Venue{
	"课堂": wire.VenueClassroom, "教室": wire.VenueClassroom, "班级": wire.VenueClass, "宿舍": wire.VenueDorm, "食堂": wire.VenueCanteen,
	"社团": wire.VenueSociety, "讲座": wire.VenueLecture, "网络": wire.VenueOnline, "线上": wire.VenueOnline, "其他": wire.VenueOther,
}

func readPlaces(text string, faults *Faults) []placeRow {
	var places []placeRow
	seen := map[string]bool{}
	for i, r := range readTable(placesFile, text, placeColumns, faults) {
		f := wire.PlaceFields{Code: r.text("code"), Name: r.text("name"), Campus: r.text("campus"), Venue: word(r, "venue", venueWords, ""),
			Order: r.number("order", 0, 1_000_000, i+1), Retired: r.yes("retired")}
		if f.Code != "" && seen[f.Code] {
			r.fault("code", "twice")
		}
		seen[f.Code] = true
		places = append(places, placeRow{r, f})
	}
	return places
}

// calendarKind is what a line of calendar.csv tells.
type calendarKind string

const (
	kindTerm    calendarKind = "term"
	kindHoliday calendarKind = "holiday"
	kindMakeup  calendarKind = "makeup"
)

var calendarColumns = []column{
	{"kind", "类型", true}, {"name", "名称", true}, {"from", "开始", true}, {"to", "结束", false}, {"weeks", "周数", false},
}

var calendarWords = map[string]calendarKind{"学期": kindTerm, "放假": kindHoliday, "调休": kindMakeup}

// readCalendar reads terms with their holidays and make-up days; these belong to the term in which they begin.
func readCalendar(text string, faults *Faults) []wire.TermFields {
	rows := readTable(calendarFile, text, calendarColumns, faults)
	terms := []wire.TermFields{}
	seen := map[string]bool{}
	for _, r := range rows {
		if word(r, "kind", calendarWords, "") != kindTerm {
			continue
		}
		t := wire.TermFields{Name: r.text("name"), Start: r.day("from"), Weeks: r.number("weeks", 1, 53, 0), Holidays: []wire.Holiday{}, MakeupDays: []string{}}
		if start, err := time.Parse(time.DateOnly, t.Start); err == nil && start.Weekday() != time.Monday {
			r.fault("from", "monday")
		}
		if r.cells["weeks"] == "" {
			r.fault("weeks", "empty")
		}
		if seen[t.Name] {
			r.fault("name", "twice")
		}
		seen[t.Name] = true
		terms = append(terms, t)
	}
	for _, r := range rows {
		kind := word(r, "kind", calendarWords, "")
		if kind != kindHoliday && kind != kindMakeup {
			continue
		}
		from, to := r.day("from"), r.day("to")
		if to == "" {
			to = from
		}
		if to < from {
			r.fault("to", "before_start")
		}
		term := termOf(terms, from)
		switch {
		case term == nil:
			r.fault("from", "outside_terms")
		case kind == kindHoliday:
			term.Holidays = append(term.Holidays, wire.Holiday{Name: r.text("name"), From: from, To: to})
		default:
			term.MakeupDays = append(term.MakeupDays, from)
		}
	}
	return terms
}

func termOf(terms []wire.TermFields, day string) *wire.TermFields {
	for i := range terms {
		start, err := time.Parse(time.DateOnly, terms[i].Start)
		if err == nil && terms[i].Start <= day && day < start.AddDate(0, 0, 7*terms[i].Weeks).Format(time.DateOnly) {
			return &terms[i]
		}
	}
	return nil
}
