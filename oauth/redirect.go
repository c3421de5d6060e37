package oauth

import (
	"net/url"
	"strings"

	"cognate"
	"cognate/internal/lazyregexp"
)

// ResponseMode says how the parameters of an answer reach the application. Source: OAuth 2.0 Multiple Response Type Encoding
// Practices section 2.1; OAuth 2.0 Form Post Response Mode.
type ResponseMode string

// The response modes.
const (
	ModeQuery    ResponseMode = "query"
	ModeFragment ResponseMode = "fragment"
	ModeFormPost ResponseMode = "form_post"
)

var responseModes = []string{string(ModeQuery), string(ModeFragment), string(ModeFormPost)}

// Parameter is a parameter of an answer to the application.
type Parameter struct{ Name, Value string }

// Redirect is an answer to the application. The browser takes it to the redirect URI.
type Redirect struct {
	URI        string // the registered one
	Mode       ResponseMode
	Parameters []Parameter // with ModeFormPost, a page posts them to URI as form fields
	Query      string      // of the request in the address of the browser: Location encodes the state as this query does
}

// Location returns the URL of a redirect with ModeQuery or ModeFragment. The query of the redirect URI stays as it is.
func (r *Redirect) Location() string {
	var encoded strings.Builder
	for i, p := range r.Parameters {
		if i > 0 {
			encoded.WriteByte('&')
		}
		value := url.QueryEscape(p.Value)
		if p.Name == "state" {
			value = EncodedState(r.Query, p.Value)
		}
		encoded.WriteString(url.QueryEscape(p.Name) + "=" + value)
	}
	switch {
	case len(r.Parameters) == 0:
		return r.URI
	case r.Mode == ModeFragment:
		return r.URI + "#" + encoded.String()
	case !strings.Contains(r.URI, "?"):
		return r.URI + "?" + encoded.String()
	case strings.HasSuffix(r.URI, "?"), strings.HasSuffix(r.URI, "&"):
		return r.URI + encoded.String()
	default:
		return r.URI + "&" + encoded.String()
	}
}

// plainQuery is the form of a query without characters that browsers would encode.
var plainQuery = lazyregexp.New(`^(?:[A-Za-z0-9._~!$'()*+,;:@/?=-]|%[0-9A-Fa-f]{2})*$`)

// EncodedState returns a state as the only parameter state of a query encodes it. Applications compare it also without decoding it, or
// decode it in a way in which "+" is no space. A state that the query does not have is encoded as in a form.
func EncodedState(query, state string) string {
	var sent []string
	for part := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(part, "state="); ok {
			sent = append(sent, value)
		}
	}
	if len(sent) == 1 && plainQuery.MatchString(sent[0]) {
		if decoded, err := url.QueryUnescape(sent[0]); err == nil && decoded == state {
			return sent[0]
		}
	}
	return url.QueryEscape(state)
}

// redirect returns an answer with the parameters that have a value, then state and iss. Source: RFC 9207 section 2.
func (a *answerTo) redirect(parameters ...Parameter) Redirect {
	to := Redirect{URI: a.redirectURI, Mode: a.mode}
	for _, p := range append(parameters, Parameter{"state", a.state}, Parameter{"iss", a.issuer}) {
		if p.Value != "" {
			to.Parameters = append(to.Parameters, p)
		}
	}
	return to
}

// answerTo says where the answers to an authorization request go.
type answerTo struct {
	client        *cognate.AppClient
	redirectURI   string
	mode          ResponseMode
	state, issuer string
}

// Codes of the errors of authorization requests. Source: RFC 6749 section 4.1.2.1; OpenID Connect Core 1.0
// section 3.1.2.6; RFC 8707 section 2; RFC 9101 section 7; OpenID Connect Unmet Authentication Requirements 1.0; docs/behaviour.md §7.1.
const (
	CodeInvalidRequest          = "invalid_request"
	CodeRedirectMismatch        = "redirect_mismatch"
	CodeUnauthorizedClient      = "unauthorized_client"
	CodeAccessDenied            = "access_denied"
	CodeLoginRequired           = "login_required"
	CodeConsentRequired         = "consent_required"
	CodeUnsupportedResponseType = "unsupported_response_type"
	CodeRequestNotSupported     = "request_not_supported"
	CodeRequestURINotSupported  = "request_uri_not_supported"
	CodeInvalidRequestURI       = "invalid_request_uri"
	CodeInvalidTarget           = "invalid_target"
	CodeUnmetRequirements       = "unmet_authentication_requirements"
	CodeServerError             = "server_error"
)

// ErrorPage is an error that the application does not get, because the application is not known or its redirect URI is not
// registered. The browser gets the error page.
type ErrorPage struct{ Code, ClientID string }

func (e *ErrorPage) Error() string { return "authorization request: " + e.Code }

// Path returns the path of the error page below a site, with its query. Source: docs/behaviour.md §7.1.
func (e *ErrorPage) Path() string {
	query := "?error=" + url.QueryEscape(e.Code)
	if e.ClientID != "" {
		query += "&client_id=" + url.QueryEscape(e.ClientID)
	}
	return "/error" + query
}

// ErrorRedirect is an error that an application gets. Service.LeadsAway says whether the user must agree first.
type ErrorRedirect struct {
	Client            *cognate.AppClient
	Code, Description string
	Redirect          Redirect
}

func (e *ErrorRedirect) Error() string {
	return "authorization request: " + e.Code + " " + e.Description
}

// Refuse returns the error with the code, for the application of a checked request.
func (r *AuthorizationRequest) Refuse(code string) *ErrorRedirect { return r.answers.refusal(code, "") }

// refusal returns the error with a code for the application. The description can be empty.
func (a *answerTo) refusal(code, description string) *ErrorRedirect {
	return &ErrorRedirect{
		Client: a.client, Code: code, Description: description,
		Redirect: a.redirect(Parameter{"error", code}, Parameter{"error_description", description}),
	}
}
