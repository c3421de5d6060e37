// Package paging owns reading a list page by page as the AWS CLI does: with a limit over all pages, and a token that
// continues in the middle of a page. It does not send requests; the caller supplies Send.
package paging

import (
	"encoding/base64"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"cognate/api"
	"cognate/cli/document"
)

// Options are the paging arguments of a command.
type Options struct {
	MaxItems      *int64  // nil means no limit
	PageSize      any     // an integer or nil
	StartingToken *string // nil starts at the beginning
}

// Reader reads the pages of one list.
type Reader struct {
	Paginator *api.Paginator
	Options   Options
	// Send sends one request and returns the response.
	Send func(params *document.Object) (*document.Object, error)

	resume string
}

// truncated is the member of a token with the number of entries that were already read from a page.
// Source: AWS CLI. Its tokens and ours are interchangeable.
const truncated = "boto_truncate_amount"

// ResumeToken returns the token that continues the list after MaxItems, or "" at its end. It is valid after all pages
// were read.
func (r *Reader) ResumeToken() string { return r.resume }

// Pages iterates over the responses, cut to the limit of the options. It stops after the first error.
func (r *Reader) Pages(params *document.Object) iter.Seq2[*document.Object, error] {
	return func(yield func(*document.Object, error) bool) {
		state, err := r.start(params)
		if err != nil {
			yield(nil, err)
			return
		}
		for more := true; more; {
			var page *document.Object
			page, more, err = state.next()
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// state is the position in a list.
type state struct {
	*Reader
	params *document.Object
	asked  *document.Object // the token in the request for the current page; null for the first page
	sent   any              // the last token that was received and sent
	skip   int64            // number of entries to skip on the first page
	first  bool
	total  int64
}

func (r *Reader) start(params *document.Object) (*state, error) {
	s := &state{Reader: r, params: params, asked: r.token(nil), first: true}
	if r.Options.StartingToken != nil {
		var err error
		if s.asked, s.skip, err = r.decode(*r.Options.StartingToken); err != nil {
			return nil, err
		}
		s.inject()
	}
	if r.Options.PageSize != nil {
		s.params.Set(r.Paginator.LimitKey, r.Options.PageSize)
	}
	return s, nil
}

func (s *state) inject() {
	for name, token := range s.asked.All() {
		if token == nil || token == "None" {
			s.params.Delete(name)
		} else {
			s.params.Set(name, token)
		}
	}
}

// token returns the members of an input that select a page.
func (r *Reader) token(value any) *document.Object {
	object := &document.Object{}
	object.Set(r.Paginator.InputToken, value)
	return object
}

// next reads one page and prepares the request for the following page, if there is one.
func (s *state) next() (page *document.Object, more bool, err error) {
	page, err = s.Send(s.params)
	if err != nil {
		return nil, false, err
	}
	entries := s.entries(page)
	seen := int64(0)
	if s.first && s.Options.StartingToken != nil {
		seen = s.skip
		entries = entries[min(seen, int64(len(entries))):]
		page.Set(s.Paginator.ResultKey, entries)
	}
	s.first = false
	if limit := s.Options.MaxItems; limit != nil && s.total+int64(len(entries)) > *limit {
		keep := max(*limit-s.total, 0)
		page.Set(s.Paginator.ResultKey, entries[:keep])
		amount := keep + seen
		s.resume = encode(s.asked, &amount)
		return page, false, nil
	}
	s.total += int64(len(entries))
	more, err = s.advance(page)
	return page, more, err
}

// advance takes the token of the following page from a response.
func (s *state) advance(page *document.Object) (more bool, err error) {
	token, _ := page.Get(s.Paginator.OutputToken)
	if token == nil || token == "" {
		return false, nil
	}
	s.asked = s.token(token)
	if limit := s.Options.MaxItems; limit != nil && s.total == *limit {
		s.resume = encode(s.asked, nil)
		return false, nil
	}
	if s.sent != nil && document.Equal(s.sent, token) {
		return false, fmt.Errorf("Error during pagination: The same next token was received twice: {'%s': '%v'}",
			s.Paginator.InputToken, token)
	}
	s.sent = token
	s.inject()
	return true, nil
}

func (s *state) entries(page *document.Object) []any {
	value, _ := page.Get(s.Paginator.ResultKey)
	entries, _ := value.([]any)
	return entries
}

// encode returns a token: base64 of a JSON object. If seen is nil, the token points to the start of a page.
func encode(asked *document.Object, seen *int64) string {
	object := asked.Clone()
	if seen != nil {
		object.Set(truncated, *seen)
	}
	return base64.StdEncoding.EncodeToString(document.AppendJSON(nil, object, ""))
}

// decode reads a token of encode, or a token of the service, alone or with "___" and the number of entries to skip.
func (r *Reader) decode(text string) (asked *document.Object, seen int64, err error) {
	if object := decodeObject(text); object != nil {
		amount, cut := object.Get(truncated)
		seen, isWhole := amount.(int64)
		if cut && !isWhole || seen < 0 {
			return nil, 0, fmt.Errorf("Bad starting token: %s", text)
		}
		object.Delete(truncated)
		return object, seen, nil
	}
	before, after, found := strings.Cut(text, "___")
	if n, err := strconv.ParseInt(after, 10, 64); found && err == nil && n >= 0 {
		text, seen = before, n
	}
	return r.token(text), seen, nil
}

func decodeObject(text string) *document.Object {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	value, err := document.Parse(data)
	if err != nil {
		return nil
	}
	object, _ := value.(*document.Object)
	return object
}
