package ops_test

import (
	"errors"
	"slices"
	"testing"

	"cognate/api"
	"cognate/ops"
)

var people = ops.PageList{Operation: "ListGroups", Owner: "us-east-1_abcdefghi", Filter: "ann"}

// FuzzPageToken checks that a list accepts only its own tokens, in the form in which it returned them.
func FuzzPageToken(f *testing.F) {
	other := people
	other.Owner = "us-east-1_bbbbbbbbb"
	for _, token := range []string{"", "!", people.Token("a", "b"), people.Token("a"), people.Token("\x00", "b"), other.Token("a", "b"), people.Token("a", "b") + "\n", "e30"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		after, err := people.After(token, 2)
		switch {
		case err != nil && (after != nil || !errors.Is(err, api.InvalidParameterException(""))):
			t.Errorf("After(%q) = %q, %v, want no position and InvalidParameterException", token, after, err)
		case err == nil && (len(after) != 2 || token != "" && people.Token(after...) != token):
			t.Errorf("After(%q) = %q, which is no position or has another token", token, after)
		}
	})
}

// A token is valid for its operation, owner and filter only.
func TestPageTokenOfAnotherList(t *testing.T) {
	t.Parallel()
	token := people.Token("admins", "7")
	if after, err := people.After(token, 2); err != nil || !slices.Equal(after, []string{"admins", "7"}) {
		t.Errorf("After(own token) = %q, %v, want the position", after, err)
	}
	for what, list := range map[string]ops.PageList{
		"operation": {Operation: "ListUsersInGroup", Owner: people.Owner, Filter: people.Filter},
		"owner":     {Operation: people.Operation, Owner: "us-east-1_bbbbbbbbb", Filter: people.Filter},
		"filter":    {Operation: people.Operation, Owner: people.Owner, Filter: "bob"},
	} {
		if _, err := list.After(token, 2); !errors.Is(err, api.InvalidParameterException("")) {
			t.Errorf("After(token of another %s) = %v, want InvalidParameterException", what, err)
		}
	}
	if _, err := people.After(token, 1); !errors.Is(err, api.InvalidParameterException("")) {
		t.Errorf("After(position of another length) = %v, want InvalidParameterException", err)
	}
	if _, err := people.After(people.Token("a\x00", "b"), 2); !errors.Is(err, api.InvalidParameterException("")) {
		t.Errorf("After(NUL) = %v, want InvalidParameterException", err)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	position := func(s string) []string { return []string{s} }
	page, next := ops.Page(people, []string{"a", "b", "c"}, 2, position)
	if !slices.Equal(page, []string{"a", "b"}) || next != people.Token("b") {
		t.Errorf("Page(three, 2) = %q, %q, want two and the token after b", page, next)
	}
	page, next = ops.Page(people, []string{"a", "b"}, 2, position)
	if len(page) != 2 || next != "" {
		t.Errorf("Page(two, 2) = %q, %q, want the last page", page, next)
	}
	for limit, want := range map[int]int{0: 60, 7: 7} {
		if got := ops.PageSize(&limit, 60); got != want {
			t.Errorf("PageSize(%d) = %d, want %d", limit, got, want)
		}
	}
	if got := ops.PageSize(nil, 60); got != 60 {
		t.Errorf("PageSize(nil) = %d, want 60", got)
	}
}
