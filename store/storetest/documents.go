package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Fill sets all exported fields in *v to different values other than the zero value: two elements for a slice, two entries
// for a map, whole milliseconds for a time. A list in a struct of the list's own type stays empty.
func Fill(v any) { (&filler{}).fill(reflect.ValueOf(v).Elem(), "", nil) }

type filler struct{ n int64 } // the number of values so far

func (f *filler) fill(v reflect.Value, path string, within []reflect.Type) {
	f.n++
	if at, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*at = now.Add(time.Duration(f.n) * time.Minute)
		return
	}
	if bytes, ok := reflect.TypeAssert[*[]byte](v.Addr()); ok {
		*bytes = []byte{0, 255, byte(f.n), byte(f.n >> 8)}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(path)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path, within)
	case reflect.Slice:
		f.fillSlice(v, path, within)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range []string{"a key", "another key"} {
			value := reflect.New(v.Type().Elem()).Elem()
			f.fill(value, path+" "+key, within)
			v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
		}
	case reflect.Struct:
		for field := range v.Type().Fields() {
			if field.IsExported() {
				f.fill(v.FieldByIndex(field.Index), path+"."+field.Name, append(within, v.Type()))
			}
		}
	default:
		panic(fmt.Sprintf("storetest.Fill: %s is a %s", path, v.Type()))
	}
}

func (f *filler) fillSlice(v reflect.Value, path string, within []reflect.Type) {
	depth := 0
	for _, t := range within {
		if t == v.Type().Elem() {
			depth++
		}
	}
	if depth > 1 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	for i := range 2 {
		f.fill(v.Index(i), fmt.Sprintf("%s %d", path, i), within)
	}
}

// CheckNames fails the test unless each field of a stored document has an explicit JSON name: the type's own fields, and
// those of the structs in it that are declared in the same package. Other structs must be declared in package api, whose
// names are those of the API. So renaming a Go field never changes stored data.
func CheckNames(t *testing.T, document reflect.Type) {
	t.Helper()
	checkNames(t, document, document.PkgPath(), make(map[reflect.Type]bool))
}

func checkNames(t *testing.T, typ reflect.Type, pkg string, seen map[reflect.Type]bool) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || typ.PkgPath() == "cognate/api" || seen[typ] {
		return
	}
	seen[typ] = true
	if typ.PkgPath() != pkg {
		t.Errorf("a stored document has a %s, want a struct of its own package", typ)
		return
	}
	for field := range typ.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); !field.Anonymous && (name == "" || name == "-") {
			t.Errorf("%s.%s has no JSON name", typ, field.Name)
		}
		checkNames(t, field.Type, pkg, seen)
	}
}

// WantCopied fails the test unless each field of the structure copied equals the field of that name in the structure sent.
// It ignores the fields in except.
func WantCopied(t testing.TB, sent, copied any, except ...string) {
	t.Helper()
	from, to := reflect.ValueOf(sent), reflect.ValueOf(copied)
	for field := range to.Type().Fields() {
		if slices.Contains(except, field.Name) {
			continue
		}
		want := from.FieldByName(field.Name)
		if !want.IsValid() {
			t.Errorf("%T has no member %s, which %T has", sent, field.Name, copied)
			continue
		}
		if diff := cmp.Diff(want.Interface(), to.FieldByIndex(field.Index).Interface()); diff != "" {
			t.Errorf("copied %s differs (-want +got):\n%s", field.Name, diff)
		}
	}
}
