package devapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/devapi"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	show := func() devapi.Authenticator {
		t.Helper()
		return mustCall[devapi.Authenticator](t, p.Server, "GET", "authenticator?pool="+p.PoolID+"&username=ann", "")
	}
	if got := show(); got.Active != nil || got.Pending != nil {
		t.Errorf("authenticator of a new user = %+v, want none", got)
	}
	session := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session
	secret := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session}).SecretCode
	if got := show(); got.Active != nil || got.Pending == nil || got.Pending.Code != p.Code(secret) || got.Pending.SecretCode != secret ||
		!strings.HasPrefix(got.Pending.URI, "otpauth://totp/people:ann?secret="+secret) {
		t.Errorf("authenticator while it is set up = %+v, want the pending secret", got.Pending)
	}

	p.MustEnrol("ann")
	if got := show(); got.Pending != nil || got.Active == nil || !got.Spent || got.NextIn != 0 || got.Active.NextCode == got.Active.Code {
		t.Errorf("authenticator after set-up = %+v, want a spent code and the next one", got)
	}
	for range 3 { // NextCode always signs in after NextIn
		a := show()
		p.Clock.Advance(time.Duration(a.NextIn * float64(time.Second)))
		session := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
		cognatetest.Try(p.AnswerCode("ann", session, a.Active.NextCode)).Of(t)
	}
	for path, text := range map[string]string{
		"authenticator?pool=" + p.PoolID + "&username=bob": `user \"bob\" of user pool ` + p.PoolID + " does not exist",
		"authenticator?pool=us-east-1_None&username=ann":   `user pool \"us-east-1_None\" does not exist`,
	} {
		if status, body := call(t, p.Server, "GET", path, ""); status != http.StatusNotFound || !strings.Contains(body, text) {
			t.Errorf("%s = %d %s, want 404 %s", path, status, body, text)
		}
	}
}
