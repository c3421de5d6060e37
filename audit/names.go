package audit

import (
	"net/http"
	"slices"
	"strings"
)

// class is the kind of an event that the setting is about. The zero value is always recorded.
type class int

const (
	classChange class = iota
	classSignIn
	classRead
)

// kind is where an event comes from.
type kind int

const (
	operation kind = iota // of the API
	endpoint              // a page or an endpoint of a domain
	command               // of cmd/cognate
	job                   // a task of the server
	notice                // of the server, about a request
)

// signIns are the operations that begin, continue or end sign-ins.
var signIns = []string{
	"AdminInitiateAuth", "AdminRespondToAuthChallenge", "GetTokensFromRefreshToken", "GlobalSignOut", "InitiateAuth", "RespondToAuthChallenge",
	"RevokeToken",
}

// isRead reports whether an operation only reads.
func isRead(operation string) bool {
	switch operation {
	case "GetUserAttributeVerificationCode", "GetTokensFromRefreshToken":
		return false
	}
	name := strings.TrimPrefix(operation, "Admin")
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
}

// signInPaths are the paths of pages and endpoints that begin, continue or end sign-ins.
var signInPaths = []string{
	"/login", "/mfa", "/selectAccount", "/oauth2/authorize", "/oauth2/idpresponse", "/oauth2/revoke", "/oauth2/token", "/saml2/idpresponse",
	"/saml2/logout", "/logout",
}

// getPaths are the paths of signInPaths at which a GET does more than to show a page.
var getPaths = []string{"/oauth2/authorize", "/oauth2/idpresponse", "/saml2/logout", "/logout"}

func (e *Event) class() class {
	switch {
	case e.kind == endpoint && e.Operation == "/oauth2/userInfo":
		return classRead
	case e.kind == endpoint && (e.Method == http.MethodGet || e.Method == http.MethodHead || e.Method == http.MethodOptions):
		if slices.Contains(getPaths, e.Operation) {
			return classSignIn
		}
		return classRead
	case e.kind == endpoint && slices.Contains(signInPaths, e.Operation):
		return classSignIn
	case e.kind != operation:
		return classChange
	case slices.Contains(signIns, e.Operation):
		return classSignIn
	case isRead(e.Operation):
		return classRead
	}
	return classChange
}

// endpointNames are the names of events of the service for paths, without the method. Source: docs/behaviour.md
// §8.5.
var endpointNames = map[string]string{
	"/confirmForgotPassword": "ConfirmForgotPassword",
	"/confirmUser":           "Confirm",
	"/error":                 "Error",
	"/feedback":              "Event_Feedback",
	"/forgotPassword":        "ForgotPassword",
	"/login":                 "Login",
	"/mfa":                   "Mfa",
	"/mfa/setup":             "MfaRegister",
	"/newPassword":           "ResetPassword",
	"/oauth2/authorize":      "OAuth2_Authorize",
	"/oauth2/idpresponse":    "OAuth2Response",
	"/oauth2/token":          "Token",
	"/oauth2/userInfo":       "UserInfo",
	"/passkeys/add":          "passkeys_add",
	"/resendcode":            "ResendCode",
	"/saml2/idpresponse":     "SAML2Response",
	"/saml2/logout":          "SAML2Logout",
	"/signup":                "Signup",
}

// name returns the name of the event: the operation, or that of a page or an endpoint with its method.
//
// Assumed: the pages and endpoints that the service does not have are named in audit records by their paths, as Account_Devices_POST.
func (e *Event) name() string {
	if e.kind != endpoint {
		return e.Operation
	}
	if e.Operation == "/logout" {
		return "Logout"
	}
	name, ok := endpointNames[e.Operation]
	if !ok {
		var parts []string
		for part := range strings.FieldsFuncSeq(e.Operation, func(r rune) bool { return r == '/' || r == '{' || r == '}' || r == '.' || r == '-' }) {
			parts = append(parts, strings.ToUpper(part[:1])+part[1:])
		}
		name = strings.Join(parts, "_")
	}
	return name + "_" + e.Method
}
