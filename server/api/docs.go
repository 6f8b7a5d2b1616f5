package api

import (
	"bytes"
	"html/template"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v3"
)

// The human page: plain HTML made at start, no script, readable on a phone and by a screen reader.
var docsPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zoufang API {{.Version}}</title><link rel="stylesheet" href="/api/v1/docs.css"></head><body><main>
<h1>Zoufang API <small>{{.Version}}</small></h1>
<p>JSON in, JSON out; every answer carries <code>Zoufang: 1</code>. Writes from a browser need the header <code>Zoufang: 1</code>
and our own origin; API clients sign in with <code>"bearer": true</code> and send <code>Authorization: Bearer</code>.
For machines: <a href="/api/v1/openapi.json">openapi.json</a>.</p>
<nav><ul>{{range .Routes}}<li><a href="#{{.ID}}"><code>{{.Method}} {{.Path}}</code></a></li>{{end}}</ul></nav>
{{range .Routes}}<section id="{{.ID}}"><h2><code>{{.Method}} {{.Path}}</code></h2>
<p>{{.Summary}}.</p><dl><dt>For</dt><dd>{{.For}}</dd>
{{with .Request}}<dt>Body</dt><dd>{{if .Fields}}<table>{{range .Fields}}<tr><th scope="row"><code>{{.Name}}</code></th><td>{{.Type}}</td></tr>{{end}}</table>{{else}}{{.Name}}{{end}}</dd>{{end}}
<dt>Answer</dt><dd>{{.Status}}{{with .Answer}} {{if .Fields}}<table>{{range .Fields}}<tr><th scope="row"><code>{{.Name}}</code></th><td>{{.Type}}</td></tr>{{end}}</table>{{else}}{{.Name}}{{end}}{{end}}</dd>
<dt>Faults</dt><dd>{{range .Faults}}<code>{{.}}</code> {{end}}</dd></dl></section>
{{end}}<section><h2>Codes</h2><table>{{range .Codes}}<tr><th scope="row"><code>{{.Code}}</code></th><td>{{.Status}}</td><td>{{.Title}}</td></tr>{{end}}</table></section>
</main></body></html>
`))

const docsStyle = `:root{color-scheme:light dark}body{margin:0;font:16px/1.6 system-ui,sans-serif}
main{max-width:46rem;margin:auto;padding:1rem}h1{font-size:1.4rem}h2{font-size:1.05rem;border-top:1px solid #8884;padding-top:1rem}
code{font-size:.9em;overflow-wrap:anywhere}nav ul{list-style:none;padding:0}dt{font-weight:600}dd{margin:0 0 .6rem}
a{color:LinkText}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0;font-weight:400}
`

// human writes the page.
func (a *api) human() ([]byte, error) {
	type code struct {
		Code, Title string
		Status      int
	}
	type entry struct {
		ID, Method, Path, Summary, For string
		Request, Answer                *shape
		Status                         int
		Faults                         codes
	}
	page := struct {
		Version string
		Routes  []entry
		Codes   []code
	}{Version: a.Version}
	seen := map[string]bool{}
	for _, r := range a.routes {
		e := entry{
			ID: operationID(r), Method: r.method, Path: pathParameter.ReplaceAllString(r.path, "{$1}"), Summary: r.summary,
			For: readers[r.access], Request: shapeOf(r.request), Answer: shapeOf(r.answer), Status: r.status, Faults: faultsOf(r),
		}
		page.Routes = append(page.Routes, e)
		for _, c := range e.Faults {
			if !seen[string(c)] {
				seen[string(c)] = true
				page.Codes = append(page.Codes, code{string(c), statuses[c].title, statuses[c].status})
			}
		}
	}
	var b bytes.Buffer
	err := docsPage.Execute(&b, page)
	return b.Bytes(), err
}

var readers = map[access]string{
	anybody: "anybody", signedIn: "whoever is signed in", member: "whoever is signed in with a password of their own",
	office: "administrators",
}

// shape is a body as the page shows it.
type shape struct {
	Name   string
	Fields []field
}

type field struct{ Name, Type string }

func shapeOf(body any) *shape {
	switch body := body.(type) {
	case nil:
		return nil
	case binary:
		return &shape{Name: string(body)}
	}
	t := reflect.TypeOf(body)
	s := &shape{Name: typeName(t)}
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		described := typeName(f.Type)
		if strings.Contains(options, "omit") {
			described += ", may be absent"
		}
		s.Fields = append(s.Fields, field{name, described})
	}
	return s
}

// typeName words a type for people.
func typeName(t reflect.Type) string {
	switch {
	case t == rawJSON:
		return "JSON"
	case t.Kind() == reflect.Pointer:
		return typeName(t.Elem())
	case t.Kind() == reflect.Slice:
		return "list of " + typeName(t.Elem())
	case t.Kind() == reflect.Map:
		return "object of " + typeName(t.Elem())
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "integer"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Name() == "string":
		return "text"
	}
	return t.Name()
}

func (a *api) serveDocs(c fiber.Ctx) error {
	return send(c, "text/html; charset=utf-8", a.page)
}

func (a *api) serveDocsStyle(c fiber.Ctx) error {
	return send(c, "text/css; charset=utf-8", []byte(docsStyle))
}
