package oauth

// Codes of the errors that a page finds. Source: OpenID Connect Core 1.0 section 3.1.2.6; RFC 6749 section 4.1.2.1.
const (
	CodeLoginRequired = "login_required"
	CodeAccessDenied  = "access_denied"
)

// Refuse returns the error that the application gets.
func (r *AuthorizationRequest) Refuse(code string) *ErrorRedirect { return r.answers.refusal(code, "") }
