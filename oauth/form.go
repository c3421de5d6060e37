package oauth

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// readForm returns the parameters of the body of a request. It ignores the query, because queries are in logs. The names
// in once may not appear twice. Errors: *Refusal.
// Source: RFC 6749 sections 3.2 and 3.2.1; docs/behaviour.md §7.2.
func readForm(r *http.Request, once ...string) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refuse(CodeInvalidRequest, "")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, refuse(CodeInvalidRequest, "")
	}
	return parseForm(string(body), once)
}

// parseForm parses a body. Text that a database cannot hold is malformed.
func parseForm(body string, once []string) (url.Values, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, refuse(CodeInvalidRequest, "")
	}
	if !IsText(form) {
		return nil, refuse(CodeInvalidRequest, "")
	}
	for name, values := range form {
		if len(values) > 1 && slices.Contains(once, name) {
			return nil, refuse(CodeInvalidRequest, "")
		}
	}
	return form, nil
}

// IsText reports whether the names and values of a form or a query are text that a database can hold.
func IsText(form url.Values) bool {
	for name, values := range form {
		if !isText(name) || slices.ContainsFunc(values, func(v string) bool { return !isText(v) }) {
			return false
		}
	}
	return true
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
