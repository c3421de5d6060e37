package paging_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/paging"
)

// serve returns pages of two of five entries.
func serve(params *document.Object) (*document.Object, error) {
	start := 0
	if token, ok := params.Get("NextToken"); ok {
		if _, err := fmt.Sscanf(fmt.Sprint(token), "t%d", &start); err != nil {
			return nil, err
		}
	}
	page := &document.Object{}
	entries := []any{}
	for i := start; i < min(start+2, 5); i++ {
		entries = append(entries, int64(i))
	}
	page.Set("Items", entries)
	if start+2 < 5 {
		page.Set("NextToken", fmt.Sprintf("t%d", start+2))
	}
	return page, nil
}

var paginator = &api.Paginator{InputToken: "NextToken", OutputToken: "NextToken", LimitKey: "Limit", ResultKey: "Items"}

func read(t *testing.T, options paging.Options) (entries []any, resume string) {
	t.Helper()
	r := &paging.Reader{Paginator: paginator, Options: options, Send: serve}
	for page, err := range r.Pages(&document.Object{}) {
		if err != nil {
			t.Fatal(err)
		}
		items, _ := page.Get("Items")
		list, _ := items.([]any)
		entries = append(entries, list...)
	}
	return entries, r.ResumeToken()
}

func TestPages(t *testing.T) {
	t.Parallel()
	if got, resume := read(t, paging.Options{}); len(got) != 5 || resume != "" {
		t.Errorf("all = %v, %q", got, resume)
	}
	for size := int64(1); size <= 6; size++ {
		var all []any
		options := paging.Options{MaxItems: &size}
		for range 6 {
			got, resume := read(t, options)
			all = append(all, got...)
			if options.StartingToken = &resume; resume == "" {
				break
			}
		}
		if diff := cmp.Diff([]any{int64(0), int64(1), int64(2), int64(3), int64(4)}, all); diff != "" {
			t.Errorf("in steps of %d (-want +got):\n%s", size, diff)
		}
	}
	if got, _ := read(t, paging.Options{StartingToken: new("t2___1")}); len(got) != 2 {
		t.Errorf("from the service's token and a count = %v", got)
	}
}

// TestStartingTokens covers tokens of encode, tokens of the service and invalid tokens.
func TestStartingTokens(t *testing.T) {
	t.Parallel()
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for token, want := range map[string]int{
		"t4":                                  1,
		"t2___1":                              2,
		"None___2":                            3,
		encode(`{"NextToken": "t2"}`):         3,
		encode(`{"NextToken": null}`):         5,
		encode(`{}`):                          5,
		encode(`{"boto_truncate_amount": 1}`): 4,
		encode(`{"NextToken": "t4", "boto_truncate_amount": 9}`): 0,
	} {
		if got, _ := read(t, paging.Options{StartingToken: &token}); len(got) != want {
			t.Errorf("from %s: %d entries, want %d", token, len(got), want)
		}
	}
	for _, token := range []string{encode(`{"boto_truncate_amount": -1}`), encode(`{"boto_truncate_amount": "1"}`), encode(`{"boto_truncate_amount": 99999999999999999999}`)} {
		r := &paging.Reader{Paginator: paginator, Options: paging.Options{StartingToken: &token}, Send: serve}
		for page, err := range r.Pages(&document.Object{}) {
			if page != nil || err == nil || err.Error() != "Bad starting token: "+token {
				t.Errorf("from %s: %v, %v", token, page, err)
			}
		}
	}
}

func TestPagesEndWithErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := map[string]func(*document.Object) (*document.Object, error){
		"send fails": func(*document.Object) (*document.Object, error) { return nil, broken },
		"the same token again": func(*document.Object) (*document.Object, error) {
			page := &document.Object{}
			page.Set("NextToken", "same")
			return page, nil
		},
	}
	for name, send := range tests {
		r := &paging.Reader{Paginator: paginator, Send: send}
		var last error
		for _, err := range r.Pages(&document.Object{}) {
			last = err
		}
		if last == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
