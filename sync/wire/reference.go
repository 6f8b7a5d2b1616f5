package wire

// PlaceFields are the fields of a place (地点).
type PlaceFields struct {
	// Code is the school's own stable code; Name what people say.
	Code   string `json:"code"`
	Name   string `json:"name"`
	Campus string `json:"campus"`
	Venue  Venue  `json:"venue"`
	// Order is the official order, ascending.
	Order   int  `json:"order"`
	Retired bool `json:"retired,omitzero"`
}

// UnitFields are the fields of an organisational unit (部门、院系).
type UnitFields struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Level is where the notice places it.
	Level UnitLevel `json:"level"`
	// Parent is the unit above, empty at the top.
	Parent  DocID `json:"parent"`
	Order   int   `json:"order"`
	Retired bool  `json:"retired,omitzero"`
}

// UnitLevel is one of the notice's three levels (R1).
type UnitLevel string

// The levels.
const (
	LevelSchool     UnitLevel = "school"
	LevelDepartment UnitLevel = "department"
	LevelCollege    UnitLevel = "college"
)

// PersonFields are the fields of a member of staff, in official order. There is no document about a student.
type PersonFields struct {
	Name string `json:"name"`
	// Post is the position (职务) as people say it.
	Post string `json:"post"`
	Role Role   `json:"role"`
	Unit DocID  `json:"unit"`
	// Order is the official order (班子排序), ascending.
	Order   int  `json:"order"`
	Retired bool `json:"retired,omitzero"`
}

// Role is the domain role of a person.
type Role string

// The roles, domain glossary.
const (
	RoleLeader      Role = "leader"
	RoleDeptHead    Role = "dept_head"
	RoleCollegeHead Role = "college_head"
	RoleSAHead      Role = "sa_head"
	RoleLiaison     Role = "liaison"
	RoleSAAdmin     Role = "sa_admin"
	RoleReviewer    Role = "reviewer"
	RoleHandler     Role = "handler"
)

// TermFields are a term of the school calendar (校历). Days are 2006-01-02 in Asia/Shanghai.
type TermFields struct {
	Name string `json:"name"`
	// Start is the Monday of week 1; Weeks the number of teaching and exam weeks.
	Start string `json:"start"`
	Weeks int    `json:"weeks"`
	// Holidays are closed days, MakeupDays are weekend days that are worked (调休).
	Holidays   []Holiday `json:"holidays"`
	MakeupDays []string  `json:"makeupDays"`
}

// Holiday is a run of closed days, both ends included.
type Holiday struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// SuggestionFields are a complaint or suggestion about this app itself (投诉建议, F13).
type SuggestionFields struct {
	Author UserID `json:"author"`
	Text   string `json:"text"`
}
