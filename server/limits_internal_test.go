package server

import (
	"testing"

	"cognate"
)

func TestCategoryOfSite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, body string
		category      string
		factor        int
	}{
		{"GET /oauth2/idpresponse", "", "UserFederation", 1},
		{"POST /oauth2/idpresponse", "", "UserFederation", 1},
		{"POST /saml2/idpresponse", "", "UserFederation", 1},
		{"POST /oauth2/token", "grant_type=refresh_token", "UserToken", 1},
		{"POST /oauth2/token", "grant_type=client_credentials", "ClientAuthentication", 1},
		{"GET /oauth2/register/{id}", "", "UserPoolClientRead", 1},
		{"POST /login", "", "UserAuthentication", 1},
		{"GET /login", "", "", 0},
		{"POST /mfa", "", "UserAuthentication", answersFactor},
		{"GET /oauth2/authorize", "", "", 0},
	} {
		category, factor := categoryOfSite(tt.pattern, tt.body)
		if category != tt.category || factor != tt.factor {
			t.Errorf("categoryOfSite(%s, %s) = %q, %d, want %q, %d", tt.pattern, tt.body, category, factor, tt.category, tt.factor)
		}
		if _, ok := (cognate.RateLimits{}).Of(category); !ok && category != "" {
			t.Errorf("the category %q of %s has no rate", category, tt.pattern)
		}
	}
}
