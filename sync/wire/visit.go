package wire

// VisitFields are the fields of a visit. Absent optional fields are simply not there. Terms: domain glossary.
type VisitFields struct {
	// Author is the cadre whose visit this is; EnteredBy who typed it (another person: 代录). Both are written once.
	Author    UserID `json:"author"`
	EnteredBy UserID `json:"enteredBy"`
	// RecordedAt is the phone's wall clock when the form was saved, RFC 3339; written once.
	RecordedAt string `json:"recordedAt"`
	When       When   `json:"when"`
	Where      Where  `json:"where"`
	Mode       Mode   `json:"mode"`
	Form       Form   `json:"form"`
	Group      Group  `json:"group"`
	// Talked is the number of students talked with, 0 to MaxCount (C4: a contact needs at least one).
	Talked int `json:"talked"`
	// Present is the number of students there, where it differs from Talked (a lecture).
	Present int `json:"present,omitzero"`
	// Raised says whether students raised a problem (F1).
	Raised bool `json:"raised"`
	// Purposes are the notice's aims (R2), optional.
	Purposes []Purpose `json:"purposes,omitempty"`
	// Summary is free text, at most MaxSummaryRunes; never auto-overruled in a merge.
	Summary string `json:"summary,omitempty"`
	// LateReason is the one line asked for when a visit is entered more than 7 days later (C12), never required.
	LateReason string `json:"lateReason,omitempty"`
	// Course names a lecture (R4), optional.
	Course *Course `json:"course,omitzero"`
	// Photos and Participants are lists: elements come by append and leave by their own tombstones.
	Photos       []Photo       `json:"photos,omitempty"`
	Participants []Participant `json:"participants,omitempty"`

	// State, StateReason, Confirmations and Evidence are the server's.
	State         VisitState              `json:"state"`
	StateReason   string                  `json:"stateReason,omitempty"`
	Confirmations map[UserID]Confirmation `json:"confirmations,omitempty" ts:"Readonly<Record<string, Confirmation>>"`
	Evidence      Evidence                `json:"evidence"`
}

// When is one register: start and length are replaced together.
type When struct {
	// Start is RFC 3339 UTC; Minutes the length, 0 to 1440, 0 when not told.
	Start   string `json:"start"`
	Minutes int    `json:"minutes"`
}

// Where is one register: place and venue are replaced together. The name is kept as it was on that day.
type Where struct {
	// Place is the place's document; empty for a place typed by hand.
	Place DocID  `json:"place"`
	Name  string `json:"name"`
	Venue Venue  `json:"venue"`
}

// Venue is one of the notice's seven (七进) or other.
type Venue string

// The venues, R3.
const (
	VenueClassroom Venue = "classroom"
	VenueClass     Venue = "class"
	VenueDorm      Venue = "dorm"
	VenueCanteen   Venue = "canteen"
	VenueSociety   Venue = "society"
	VenueLecture   Venue = "lecture"
	VenueOnline    Venue = "online"
	VenueOther     Venue = "other"
)

// Mode says how students were met. Online is recorded and does not replace face to face (R13).
type Mode string

// The modes.
const (
	ModeFaceToFace Mode = "face_to_face"
	ModeOnline     Mode = "online"
)

// Form is the activity (活动形式, R12).
type Form string

// The forms.
const (
	FormVisit            Form = "visit"             // 走访
	FormDiscussion       Form = "discussion"        // 座谈
	FormTalk             Form = "talk"              // 谈心谈话
	FormSharedMeal       Form = "shared_meal"       // 陪餐
	FormClassObservation Form = "class_observation" // 听课
	FormIdeologyLecture  Form = "ideology_lecture"  // 讲课(思政课)
	FormPolicyLecture    Form = "policy_lecture"    // 形势政策课
	FormReceptionDay     Form = "reception_day"     // 接待日
	FormClassMeeting     Form = "class_meeting"     // 主题班会
	FormPartyDay         Form = "party_day"         // 主题党日
	FormLeagueDay        Form = "league_day"        // 主题团日
	FormSocietyActivity  Form = "society_activity"  // 社团活动
	FormContest          Form = "contest"           // 文体竞赛
	FormOnlineChat       Form = "online_chat"       // 线上答疑
	FormOther            Form = "other"
)

// Group is one register: whom the cadre met, coarsely. Never a name of a student (P1).
type Group struct {
	Kind GroupKind `json:"kind"`
	// Name is a class, society or grade ("2024级软件2班"); empty when not told.
	Name string `json:"name"`
}

// GroupKind is a coarse audience.
type GroupKind string

// The groups.
const (
	GroupDorm     GroupKind = "dorm"     // 宿舍同学
	GroupLinked   GroupKind = "linked"   // 联系点
	GroupClass    GroupKind = "class"    // 班级
	GroupSociety  GroupKind = "society"  // 社团
	GroupDiners   GroupKind = "diners"   // 就餐同学
	GroupCourse   GroupKind = "course"   // 上课同学
	GroupAudience GroupKind = "audience" // 听讲同学
	GroupOnline   GroupKind = "online"   // 线上同学
	GroupMixed    GroupKind = "mixed"    // 其他同学
)

// Purpose is one of the notice's four aims (R2).
type Purpose string

// The purposes.
const (
	PurposeCampusLife Purpose = "campus_life" // 体察校情
	PurposeCare       Purpose = "care"        // 关爱学生
	PurposeAnswer     Purpose = "answer"      // 答疑解惑
	PurposeSolve      Purpose = "solve"       // 解决问题
)

// Course names a lecture given.
type Course struct {
	Topic string `json:"topic"`
	// Hours are class hours (学时), 0 to 12.
	Hours int `json:"hours"`
}

// PhotoSource says where a picture came from; a hint, never a condition.
type PhotoSource string

// The sources.
const (
	SourceCamera PhotoSource = "camera"
	SourceAlbum  PhotoSource = "album"
)

// Photo is the manifest of one picture. SHA256 is of the final JPEG, after shrink, mosaic and watermark.
type Photo struct {
	ID     DocID `json:"id"`
	SHA256 Hash  `json:"sha256"`
	// Bytes is the size of the JPEG, 1 to MaxPhotoBytes; Width and Height are pixels.
	Bytes  int `json:"bytes"`
	Width  int `json:"width"`
	Height int `json:"height"`
	// TakenAt is RFC 3339, or empty when the picture did not say.
	TakenAt string      `json:"takenAt"`
	Source  PhotoSource `json:"source"`
	// By is who added it; the server's.
	By UserID `json:"by,omitempty"`
	// Removed makes this element a tombstone (only ID and Removed are then sent).
	Removed bool `json:"removed,omitzero"`
}

// Participant is a colleague who took part; ID is the person. Each counts only after their own confirmation (C7).
type Participant struct {
	ID      UserID `json:"id"`
	Removed bool   `json:"removed,omitzero"`
}

// VisitState is where a visit stands.
type VisitState string

// The states a phone can meet.
const (
	VisitSubmitted VisitState = "submitted"
	VisitWithdrawn VisitState = "withdrawn"
)

// Confirmation is a person's own answer about a visit that names them.
type Confirmation struct {
	Accept bool `json:"accept"`
	// At is server time, RFC 3339.
	At string `json:"at"`
}

// EvidenceState sums up the photos of a visit.
type EvidenceState string

// The evidence states.
const (
	EvidenceNone     EvidenceState = "none"
	EvidencePending  EvidenceState = "pending"
	EvidenceComplete EvidenceState = "complete"
)

// Evidence says how many of the photos a visit names have arrived.
type Evidence struct {
	State EvidenceState `json:"state"`
	Have  int           `json:"have"`
	Want  int           `json:"want"`
}
