package school_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/server/school"
	"zoufang/storage"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const people = `用户名,姓名,职务,角色,部门,排序,管理员,联络员
L01,张书记,党委书记,校领导,校领导班子,1,,mishu
X01,学工部长,部长,学工负责人,学生工作部,20,是,
mishu,秘书,科员,联络员,党政办,90,,
`

const places = "编号,名称,校区,类型,排序\nD05,梧桐苑5栋,主校区,宿舍,5\nC02,二食堂,主校区,食堂,2\n"

const calendar = "类型,名称,开始,结束,周数\n学期,2026–2027-1,2026/9/7,,18\n放假,国庆,2026-10-01,2026-10-07,\n调休,国庆补班,2026-10-10,,\n"

// office is a school with its first administrator.
type office struct {
	t   *testing.T
	db  *sqlite.DB
	svc *school.Service
	by  *engine.Principal
}

func newOffice(t *testing.T) *office {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := auth.OpenKeys(dir+"/keys", now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := auth.New(auth.Options{Store: db, Keys: keys, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	code, err := sessions.NewSetupCode(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	svc := school.New(db, sessions, now)
	admin, err := svc.Setup(t.Context(), wire.Setup{Code: code, SchoolName: "云岭示范大学", Username: "office", Name: "管理员", Password: "correct horse battery"}, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	by := &engine.Principal{School: admin.School, User: admin.User, Admin: true, Scopes: engine.ScopesOf(admin.User, nil, true)}
	return &office{t, db, svc, by}
}

func (o *office) imports(in wire.Import) *wire.ImportReport {
	o.t.Helper()
	report, err := o.svc.Import(o.t.Context(), o.by, &in)
	if err != nil {
		o.t.Fatal(err)
	}
	return report
}

func counts(r *wire.ImportReport) string {
	return fmt.Sprint(r.Created, r.Changed, r.Unchanged, len(r.Logins))
}

func (o *office) account(username string) storage.Account {
	o.t.Helper()
	accounts, err := o.db.Accounts(o.t.Context(), o.by.School)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, a := range accounts {
		if a.Username == username {
			return a
		}
	}
	o.t.Fatalf("no account %s", username)
	return storage.Account{}
}

func TestImportIsIdempotent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := wire.Import{People: people, Places: places, Calendar: calendar}
	check := all
	check.Check = true
	for i, step := range []struct {
		in   wire.Import
		want string // created changed unchanged logins
	}{
		{check, "9 0 0 3"},
		{all, "9 0 0 3"},
		{all, "0 0 6 0"}, // three people, two places, a term; units are not looked at again
		{wire.Import{People: strings.Replace(people, "党委书记", "书记", 1)}, "0 1 2 0"},
		{wire.Import{People: strings.Replace(people, "mishu\nX01", "\nX01", 1)}, "0 2 1 0"},
		{wire.Import{}, "0 0 0 0"},
	} {
		if got := counts(o.imports(step.in)); got != step.want {
			t.Errorf("step %d: created, changed, unchanged, logins: got %s, want %s", i, got, step.want)
		}
	}
}

func TestImportLinksLiaisonsAndUnits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{People: people})
	leader, liaison := o.account("L01"), o.account("mishu")
	if diff := cmp.Diff([]wire.UserID{leader.User}, liaison.ProxyFor); diff != "" {
		t.Errorf("the liaison enters for (-want +got):\n%s", diff)
	}
	if len(leader.Units) != 1 || !leader.PasswordDue || leader.Admin {
		t.Errorf("leader's account: %+v", leader)
	}
	// A second file that names only the leader, with the liaison who is not in it.
	o.imports(wire.Import{People: "username,name,role,unit,liaison\nL02,李校长,leader,校领导班子,mishu\n"})
	if got := o.account("mishu").ProxyFor; len(got) != 2 {
		t.Errorf("the liaison serves %v", got)
	}
	infos, err := o.svc.Accounts(t.Context(), o.by)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range infos {
		names = append(names, a.Username)
	}
	if diff := cmp.Diff([]string{"office", "L01", "L02", "X01", "mishu"}, names); diff != "" {
		t.Errorf("official order (-want +got):\n%s", diff)
	}
}

func TestImportListsEveryFaultAndChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.svc.Import(t.Context(), o.by, &wire.Import{
		People:   "用户名,姓名,角色,部门,管理员\nL01,张,校长,班子,也许\nl01,王,leader,,\n",
		Places:   "编号,名称\nD05,x\n",
		Calendar: "类型,名称,开始,结束,周数\n学期,秋,2026-09-08,,18\n放假,国庆,2026-13-01,,\n放假,暑假,2026-07-01,2026-06-01,\n",
	})
	faults, ok := errors.AsType[school.Faults](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%s:%d %s %s", f.File, f.Line, f.Column, f.Fault))
	}
	want := []string{
		"people.csv:3 unit empty", "people.csv:2 admin yes_no", "people.csv:2 role unknown_word", "people.csv:3 username twice",
		"places.csv:1 venue column_missing", "places.csv:2 venue empty",
		"calendar.csv:2 from monday", "calendar.csv:3 from day",
		"calendar.csv:4 to before_start", "calendar.csv:4 from outside_terms",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	// Faults that only the store knows come with the transaction, which is then taken back whole.
	_, err = o.svc.Import(t.Context(), o.by, &wire.Import{People: "用户名,姓名,角色,部门,联络员\nL01,张,校领导,班子,nobody\n", Places: places})
	if faults, ok = errors.AsType[school.Faults](err); !ok || len(faults) != 1 || faults[0].Fault != "unknown_person" {
		t.Fatalf("got %v", err)
	}
	if got := counts(o.imports(wire.Import{Places: places})); got != "2 0 0 0" {
		t.Errorf("the failed import left something: %s", got)
	}
	_, err = o.svc.Import(t.Context(), o.by, &wire.Import{People: "用户名,姓名,角色,部门,停用\noffice,管,学工管理员,学工部,是\n"})
	if faults, ok = errors.AsType[school.Faults](err); !ok || faults[0].Fault != "last_admin" {
		t.Errorf("the last administrator was put out: %v", err)
	}
}

func TestOnlyTheOfficeMay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(wire.Import{People: people})
	cadre := &engine.Principal{School: o.by.School, User: o.account("L01").User}
	if _, err := o.svc.Import(t.Context(), cadre, &wire.Import{Places: places}); wire.CodeOf(err) != wire.CodeForbidden {
		t.Errorf("import: %v", err)
	}
	if _, err := o.svc.Accounts(t.Context(), cadre); wire.CodeOf(err) != wire.CodeForbidden {
		t.Errorf("accounts: %v", err)
	}
	if _, err := o.svc.ResetPassword(t.Context(), cadre, o.by.User); wire.CodeOf(err) != wire.CodeForbidden {
		t.Errorf("reset: %v", err)
	}
	login, err := o.svc.ResetPassword(t.Context(), o.by, cadre.User)
	if err != nil || login.Name != "张书记" || login.Password == "" {
		t.Errorf("reset by the office: %+v, %v", login, err)
	}
}

func TestTextReadsWhatExcelWrites(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(places)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"UTF-8": places, "UTF-8 with a mark": "\uFEFF" + places, "GB 18030": gb} {
		if got := school.Text([]byte(file)); got != places {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
