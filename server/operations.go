package server

//go:generate go run ../internal/opsdoc ..

import (
	"reflect"

	"cognate/api"
	"cognate/ops/appclient"
	"cognate/ops/auth"
	"cognate/ops/device"
	"cognate/ops/mfa"
	"cognate/ops/password"
	"cognate/ops/signup"
	"cognate/ops/user"
	"cognate/ops/userpool"
	"cognate/ops/usersession"
	"cognate/ops/webauthn"
)

// operations answers the API: a family each, and a plain "not built" for the rest. It is the one list of what is built.
type operations struct {
	*appClientFamily
	*authFamily
	*deviceFamily
	*mfaFamily
	*webAuthnFamily
	*passwordFamily
	*userSessionFamily
	*signUpFamily
	*userFamily
	*userPoolFamily
	unbuilt
}

// The families all call their type Service; embedding needs names apart.
type (
	appClientFamily   = appclient.Service
	authFamily        = auth.Service
	deviceFamily      = device.Service
	mfaFamily         = mfa.Service
	webAuthnFamily    = webauthn.Service
	passwordFamily    = password.Service
	userSessionFamily = usersession.Service
	signUpFamily      = signup.Service
	userFamily        = user.Service
	userPoolFamily    = userpool.Service
)

// unbuilt sits one level below the families, so that any of their methods goes before one of api.Unbuilt.
type unbuilt struct{ api.Unbuilt }

var _ api.Service = (*operations)(nil)

// Built returns the names of the operations that are built, as the families' method sets have them.
func Built() map[string]bool {
	built := make(map[string]bool)
	families := reflect.TypeFor[operations]()
	for field := range families.Fields() {
		if field.Type == reflect.TypeFor[unbuilt]() {
			continue
		}
		for method := range field.Type.Methods() {
			if isOperation(method.Name) {
				built[method.Name] = true
			}
		}
	}
	return built
}

func isOperation(name string) bool {
	_, ok := api.Lookup(name)
	return ok
}

// Recorded returns, by operation, the members that are kept and given back while nothing acts on them yet.
func Recorded() map[string][]string {
	pool := []string{
		"UserPoolAddOns", "UserPoolTier", "DcrConfiguration", "KeyConfiguration", "IssuerConfiguration", "AcrConfiguration",
	}
	client := []string{
		"SupportedIdentityProviders", "CallbackURLs", "LogoutURLs", "DefaultRedirectURI", "AllowedOAuthFlows",
		"AnalyticsConfiguration",
		"EnablePropagateAdditionalUserContextData",
	}
	return map[string][]string{
		"CreateUserPool": pool, "UpdateUserPool": pool,
		"CreateUserPoolClient": client, "UpdateUserPoolClient": client,
		"RevokeToken":                           {"RevokeAssociatedSessions"},
		"RevokeUserSession":                     {"RevokeAssociatedSessions"},
		"AdminRevokeUserSession":                {"RevokeAssociatedSessions"},
		"SetUserPoolClientSessionConfiguration": {"SSOSession"},
	}
}
