package server

import "testing"

func TestCategoryOfSite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, body string
		category      string
		factor        int
	}{
		{"POST /oauth2/token", "grant_type=client_credentials&scope=a", "ClientAuthentication", 1},
		{"POST /oauth2/token", "grant_type=refresh_token&refresh_token=a", categoryToken, 1},
		{"POST /oauth2/token", "grant_type=authorization_code&code=client_credentials", categoryToken, 1},
		{"POST /oauth2/token", "%", categoryToken, 1},
		{"/oauth2/userInfo", "", "UserRead", 1},
		{"POST /oauth2/register", "", "UserPoolClientUpdate", 1},
		{"GET /oauth2/register/{client}", "", "UserPoolClientRead", 1},
		{"POST /oauth2/par", "", categoryAuthentication, answersFactor},
		{"POST /login", "", categoryAuthentication, 1},
		{"POST /newPassword", "", categoryRecovery, 1},
		{"POST /mfa", "", categoryAuthentication, answersFactor},
		{"GET /login", "", "", 0},
		{"GET /logout", "", "", 0},
	} {
		category, factor := categoryOfSite(tt.pattern, tt.body)
		if category != tt.category || factor != tt.factor {
			t.Errorf("categoryOfSite(%s, %s) = %q, %d, want %q, %d", tt.pattern, tt.body, category, factor, tt.category, tt.factor)
		}
	}
}
