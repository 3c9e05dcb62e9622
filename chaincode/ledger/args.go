package ledger

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// fields reads a JSON object by exact names. The first field that is missing or
// malformed, in the order in which they are read, is the refusal; then the
// first name that nobody read.
type fields struct {
	values  map[string]any
	names   []string
	refusal *Error
}

func readFields(values map[string]any) *fields { return &fields{values: values} }

func (f *fields) refuse(name, want string) {
	if f.refusal != nil {
		return
	}
	switch value, present := f.values[name]; {
	case !present:
		f.refusal = refuse(Invalid, name, "The field %s is missing.", name)
	default:
		text, isText := value.(string)
		if !isText {
			f.refusal = refuse(Invalid, name, "The field %s is not %s.", name, want)
			return
		}
		f.refusal = refuse(Invalid, name, "The field %s is %s, not %s.", name, quoted(text), want)
	}
}

// text reads a string that passes the check; want says in words what that is.
func (f *fields) text(name string, check func(string) bool, want string) string {
	f.names = append(f.names, name)
	value, ok := f.values[name].(string)
	if !ok || !check(value) {
		f.refuse(name, want)
	}
	return value
}

// optional reads a string that is empty or passes the check.
func (f *fields) optional(name string, check func(string) bool, want string) string {
	return f.text(name, func(s string) bool { return s == "" || check(s) }, want+" or empty")
}

func (f *fields) code(name string) string {
	return f.text(name, isCode, "a code of 2 to 32 of A-Z 0-9 . -")
}

func (f *fields) pair(name string) string {
	return f.text(name, isPair, "a reference PARTY:uuid")
}

func (f *fields) hash(name string) string {
	return f.text(name, isHash, "64 lower-case hexadecimal digits")
}

func (f *fields) remark(name string) string {
	return f.text(name, isText, "a text of 1 to 140 printable characters")
}

func (f *fields) oneOf(name string, options ...string) string {
	return f.text(name, func(s string) bool { return slices.Contains(options, s) },
		"one of "+strings.Join(options, ", "))
}

func (f *fields) instant(name string) time.Time {
	var at time.Time
	f.text(name, func(s string) bool {
		var ok bool
		at, ok = parseInstant(s)
		return ok
	}, "an instant like 2026-11-22T18:00:00Z")
	return at
}

// integer reads a number from least to 2^63-1.
func (f *fields) integer(name string, least int64) int64 {
	want := "an integer from 0 to 2^63-1"
	if least > 0 {
		want = "an integer from 1 to 2^63-1"
	}
	var n int64
	f.text(name, func(s string) bool {
		var ok bool
		n, ok = parseInteger(s)
		return ok && n >= least
	}, want)
	return n
}

func (f *fields) object(name string) map[string]any {
	f.names = append(f.names, name)
	value, ok := f.values[name].(map[string]any)
	if !ok {
		f.refuse(name, "an object")
	}
	return value
}

// list reads a list of 1 to most different strings that pass the check.
func (f *fields) list(name string, most int, check func(string) bool, want string) []string {
	f.names = append(f.names, name)
	values, ok := f.values[name].([]any)
	list := make([]string, 0, len(values))
	for _, value := range values {
		text, isText := value.(string)
		ok = ok && isText && check(text) && !slices.Contains(list, text)
		list = append(list, text)
	}
	if !ok || len(list) < 1 || len(list) > most {
		f.refuse(name, want)
	}
	return list
}

// some reads a list of 0 to most different strings that pass the check.
func (f *fields) some(name string, most int, check func(string) bool, want string) []string {
	if values, ok := f.values[name].([]any); ok && len(values) == 0 {
		f.names = append(f.names, name)
		return []string{}
	}
	return f.list(name, most, check, want)
}

// objects reads a list of 1 to most objects.
func (f *fields) objects(name string, most int) []map[string]any {
	return f.objectsFrom(name, 1, most)
}

// objectsUpTo reads a list of 0 to most objects.
func (f *fields) objectsUpTo(name string, most int) []map[string]any {
	return f.objectsFrom(name, 0, most)
}

func (f *fields) objectsFrom(name string, least, most int) []map[string]any {
	f.names = append(f.names, name)
	values, ok := f.values[name].([]any)
	list := make([]map[string]any, 0, len(values))
	for _, value := range values {
		object, isObject := value.(map[string]any)
		ok = ok && isObject
		list = append(list, object)
	}
	if !ok || len(list) < least || len(list) > most {
		f.refuse(name, "a list of "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+" objects")
	}
	return list
}

// within adopts the refusal of an object inside this one.
func (f *fields) within(inner *Error) {
	if f.refusal == nil {
		f.refusal = inner
	}
}

func (f *fields) done() *Error {
	if f.refusal != nil {
		return f.refusal
	}
	if len(f.values) == len(f.names) {
		return nil
	}
	unknown := make([]string, 0, 1)
	for name := range f.values {
		if !slices.Contains(f.names, name) {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown)
	return refuse(Invalid, "args", "There is no field %s here.", quoted(unknown[0]))
}
