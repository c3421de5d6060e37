package main

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestFind(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"b/b.go": {Data: []byte(`package b

// f returns 1. Assumed: it is
// one.
//
// Source: nowhere.
func f() int { return 1 }

func (s *service[T]) g() {
	h() // Assumed: the order. Assumed: "Twice."
}
`)},
		"a.go": {Data: []byte(`package a

var (
	// Assumed: the text
	errA = 1
	errB = 2 // Assumed: the type.
)
`)},
		"a_test.go": {Data: []byte("package a\n\n// Assumed: not listed.\n")},
	}
	found, err := find(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range found {
		got = append(got, a.file+" "+a.declaration+": "+a.text)
	}
	want := []string{
		"a.go errA: The text.",
		"a.go errB: The type.",
		"b/b.go f: It is one.",
		"b/b.go service.g: The order.",
		`b/b.go service.g: "Twice."`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("find() =\n%q, want\n%q", got, want)
	}
}
