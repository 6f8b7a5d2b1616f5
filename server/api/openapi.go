package api

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v3"

	"zoufang/sync/wire"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// carried are types that cross the network only as raw JSON inside others.
var carried = []any{wire.Mutation{}, wire.Document{}, wire.VisitFields{}, wire.PlaceFields{}, wire.UnitFields{},
	wire.PersonFields{}, wire.TermFields{}, wire.SuggestionFields{}}

var pathParameter = regexp.MustCompile(`:([a-z]+)`)

// document describes the routes as OpenAPI 3.1, from the table and the wire types alone.
func (a *api) document() object {
	s := schemas{}
	for _, v := range append([]any{wire.ProblemDetails{}}, carried...) {
		s.of(reflect.TypeOf(v), "")
	}
	paths := object{}
	for _, r := range a.routes {
		name := pathParameter.ReplaceAllString(r.path, "{$1}")
		item, ok := paths[name].(object)
		if !ok {
			item = object{}
			paths[name] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r)
	}
	return object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": object{
			"title": "Zoufang 走访", "version": a.Version,
			"description": "Every answer carries the header `Zoufang: 1`. Writes from a browser need that header too, and our own origin. " +
				"Faults are application/problem+json with a stable `code`.",
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []any{object{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas": s,
			"securitySchemes": object{
				"cookie": object{"type": "apiKey", "in": "cookie", "name": cookieAccess},
				"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
			},
		},
	}
}

// operation describes one route.
func (s schemas) operation(r route) object {
	op := object{"summary": r.summary, "operationId": operationID(r), "responses": s.responses(r)}
	var parameters []any
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, h := range requestHeaders(r) {
		parameters = append(parameters, object{"name": h.name, "in": "header", "required": h.required, "schema": object{"type": "string"}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.request != nil {
		op["requestBody"] = object{"required": true, "content": s.content(r.request)}
	}
	op["security"] = []any{}
	if r.access != anybody {
		op["security"] = []any{object{"cookie": []string{}}, object{"bearer": []string{}}}
	}
	return op
}

func operationID(r route) string {
	words := strings.FieldsFunc(r.path, func(c rune) bool { return !(c >= 'a' && c <= 'z') })
	return strings.ToLower(r.method) + "_" + strings.Join(words, "_")
}

type header struct {
	name     string
	required bool
}

// requestHeaders are the headers that an upload's route looks at.
func requestHeaders(r route) []header {
	if !strings.HasPrefix(r.path, uploadsPath) || r.method == fiber.MethodOptions {
		return nil
	}
	tus := []header{{headerTus, true}, {headerDevice, false}}
	switch r.method {
	case fiber.MethodPost:
		return append(tus, header{headerLength, true}, header{headerMetadata, true})
	case fiber.MethodPatch:
		return append(tus, header{headerOffset, true}, header{headerChecksum, false})
	}
	return tus
}

func (s schemas) responses(r route) object {
	ok := object{"description": "Done"}
	if r.answer != nil {
		ok["content"] = s.content(r.answer)
	}
	all := object{strconv.Itoa(r.status): ok}
	byStatus := map[int][]string{}
	for _, code := range faultsOf(r) {
		status := statuses[code].status
		byStatus[status] = append(byStatus[status], string(code))
	}
	for status, names := range byStatus {
		all[strconv.Itoa(status)] = object{
			"description": strings.Join(names, ", "),
			"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/ProblemDetails"}}},
		}
	}
	return all
}

// faultsOf returns all codes a route may answer, sorted.
func faultsOf(r route) codes {
	all := slices.Clone(r.codes)
	if r.access != anybody {
		all = append(all, wire.CodeUnauthenticated)
	}
	if r.access == member || r.access == office {
		all = append(all, wire.CodePasswordDue)
	}
	if r.access == office {
		all = append(all, wire.CodeForbidden)
	}
	if r.method != fiber.MethodGet && r.method != fiber.MethodHead && r.method != fiber.MethodOptions {
		all = append(all, wire.CodeOrigin, wire.CodeMediaType)
	}
	if _, raw := r.request.(binary); r.request != nil && !raw {
		all = append(all, wire.CodeMalformed, wire.CodeTooLarge)
	}
	all = append(all, wire.CodeUnavailable)
	slices.Sort(all)
	return slices.Compact(all)
}

func (s schemas) content(body any) object {
	if mediaType, ok := body.(binary); ok {
		return object{string(mediaType): object{}}
	}
	return object{fiber.MIMEApplicationJSON: object{"schema": s.of(reflect.TypeOf(body), "")}}
}

// schemas are the JSON schemas of our types, by name.
type schemas map[string]any

var rawJSON = reflect.TypeFor[jsontext.Value]()

// of returns the schema of a Go type, or a reference to it. tag is the TypeScript type a field of raw JSON declares.
func (s schemas) of(t reflect.Type, tag string) object {
	switch {
	case t == rawJSON:
		return s.named(tag)
	case t.Kind() == reflect.Slice && t.Elem() == rawJSON:
		return object{"type": "array", "items": s.named(strings.TrimSuffix(strings.TrimPrefix(tag, "readonly "), "[]"))}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), tag)
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), "")}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), "")}
	case reflect.Struct:
		if _, known := s[t.Name()]; !known {
			s[t.Name()] = object{} // for types that hold themselves
			s[t.Name()] = s.fields(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	panic("api: no JSON schema for " + t.String())
}

// named refers to one of the carried types; anything else is any JSON.
func (s schemas) named(name string) object {
	for _, v := range carried {
		if t := reflect.TypeOf(v); t.Name() == name {
			return s.of(t, "")
		}
	}
	return object{}
}

func (s schemas) fields(t reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = s.of(f.Type, f.Tag.Get("ts"))
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func (a *api) serveOpenAPI(c fiber.Ctx) error { return send(c, fiber.MIMEApplicationJSON, a.openapi) }
