package api_test

import (
	"os"
	"strings"
	"testing"

	"cognate/api"
)

// Clients compare the types and the texts of these errors, so docs/behaviour.md quotes each text.
func TestServiceErrors(t *testing.T) {
	t.Parallel()
	behaviour, err := os.ReadFile("../docs/behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, list := range map[string][]*api.Error{
		"NotAuthorizedException": {
			api.ErrIncorrectPassword, api.ErrAttemptsExceeded, api.ErrUserDisabled, api.ErrTemporaryExpired,
			api.ErrInvalidSession, api.ErrSessionExpired, api.ErrSessionSpent,
			api.ErrInvalidAccessToken, api.ErrTokenSignature, api.ErrTokenExpired, api.ErrTokenRevoked, api.ErrTokenScope,
		},
		"CodeMismatchException":             {api.ErrCodeMismatch, api.ErrCodeOrAuthState},
		"ExpiredCodeException":              {api.ErrCodeSpent},
		"SoftwareTokenMFANotFoundException": {api.ErrNoSoftwareToken, api.ErrSoftwareTokenOff},
		"EnableSoftwareTokenMFAException":   {api.ErrEnrolMismatch, api.ErrEnrolSpent},
		"UserNotFoundException":             {api.ErrUserDoesNotExist},
		"UserNotConfirmedException":         {api.ErrUserNotConfirmed},
		"PasswordResetRequiredException":    {api.ErrPasswordMustReset},
		"ResourceNotFoundException":         {api.ErrNoDevice},
		"TooManyRequestsException":          {api.ErrRateExceeded},
	} {
		for _, e := range list {
			if e.Code != code || !strings.Contains(string(behaviour), `"`+e.Message+`"`) {
				t.Errorf("%s %q: want the type %s, and a text that docs/behaviour.md quotes", e.Code, e.Message, code)
			}
		}
	}
}
