package webauthn_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
	"cognate/passkeys"
	"cognate/store"
)

const (
	off    = api.UserPoolMfaTypeOff
	single = api.WebAuthnFactorConfigurationTypeSingleFactor
	twice  = api.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
)

// signedIn returns a pool with passkeys, and the access token of its user ann.
func signedIn(t *testing.T, s *cognatetest.Server) (p *cognatetest.UserPool, access string) {
	t.Helper()
	p = s.Pool(t)
	p.MustAllowPasskeys(off, single)
	p.MustUser("ann")
	return p, p.MustSignIn("ann", "").AuthenticationResult.AccessToken
}

func begin(t *testing.T, p *cognatetest.UserPool, access string) (*api.StartWebAuthnRegistrationOutput, error) {
	t.Helper()
	return p.Client.StartWebAuthnRegistration(t.Context(), &api.StartWebAuthnRegistrationInput{AccessToken: access})
}

func complete(t *testing.T, p *cognatetest.UserPool, access string, credential []byte) error {
	t.Helper()
	_, err := p.Client.CompleteWebAuthnRegistration(t.Context(), &api.CompleteWebAuthnRegistrationInput{
		AccessToken: access, Credential: credential,
	})
	return err
}

func list(t *testing.T, p *cognatetest.UserPool, access string) []api.WebAuthnCredentialDescription {
	t.Helper()
	in := &api.ListWebAuthnCredentialsInput{AccessToken: access}
	return p.Must(t).ListWebAuthnCredentials(in).Credentials
}

func remove(t *testing.T, p *cognatetest.UserPool, access, id string) error {
	t.Helper()
	_, err := p.Client.DeleteWebAuthnCredential(t.Context(), &api.DeleteWebAuthnCredentialInput{AccessToken: access, CredentialId: id})
	return err
}

func TestCreationOptions(t *testing.T) {
	t.Parallel()
	p, access := signedIn(t, cognatetest.Start(t))
	var got map[string]any
	if err := json.Unmarshal(cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions, &got); err != nil {
		t.Fatal(err)
	}
	user, _ := got["user"].(map[string]any)
	if challenge, _ := got["challenge"].(string); len(challenge) != 43 || user["id"] == "" {
		t.Errorf("challenge %q, user id %q, want 256 bits and the user's handle in base64url", challenge, user["id"])
	}
	delete(got, "challenge")
	delete(user, "id")
	want := map[string]any{
		"authenticatorSelection": map[string]any{"requireResidentKey": true, "residentKey": "required", "userVerification": "preferred"},
		"excludeCredentials":     []any{},
		"pubKeyCredParams": []any{
			map[string]any{"alg": -7.0, "type": "public-key"}, map[string]any{"alg": -257.0, "type": "public-key"},
		},
		"rp": map[string]any{"id": "example.com", "name": "example.com"}, "timeout": 60000.0,
		"user": map[string]any{"displayName": "ann", "name": "ann"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CredentialCreationOptions differs (-want +got):\n%s", diff)
	}
}

func TestPasskeyLifeCycle(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, access := signedIn(t, s)
		a := &webauthntest.Authenticator{Synced: true}
		p.MustRegister(access, a)
		all := list(t, p, access)
		want := []api.WebAuthnCredentialDescription{{
			FriendlyCredentialName: "Platform passkey", RelyingPartyId: "example.com", AuthenticatorAttachment: "platform",
			AuthenticatorTransports: []string{"internal", "hybrid"}, CreatedAt: api.EpochOf(p.Clock.Now()),
		}}
		if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(api.WebAuthnCredentialDescription{}, "CredentialId")); diff != "" {
			t.Fatalf("ListWebAuthnCredentials() differs (-want +got):\n%s", diff)
		}
		factors := p.Must(t).GetUserAuthFactors(&api.GetUserAuthFactorsInput{AccessToken: access})
		if diff := cmp.Diff([]api.AuthFactorType{"PASSWORD", "WEB_AUTHN"}, factors.ConfiguredUserAuthFactors); diff != "" {
			t.Errorf("GetUserAuthFactors() differs (-want +got):\n%s", diff)
		}
		// The answer lists the existing passkey, so the same authenticator rejects a second one.
		begun := cognatetest.Try(begin(t, p, access)).Of(t)
		if _, err := a.Create(cognatetest.Page, begun.CredentialCreationOptions); !errors.Is(err, webauthntest.ErrExcluded) {
			t.Errorf("a second passkey on one authenticator: %v, want %v", err, webauthntest.ErrExcluded)
		}
		if err := remove(t, p, access, all[0].CredentialId); err != nil {
			t.Fatalf("DeleteWebAuthnCredential() = %v", err)
		}
		cognatetest.WantCode(t, "DeleteWebAuthnCredential(again)", remove(t, p, access, all[0].CredentialId), api.CodeResourceNotFoundException)
		if left := list(t, p, access); len(left) != 0 {
			t.Errorf("%d passkeys are left, want none", len(left))
		}
		factors = p.Must(t).GetUserAuthFactors(&api.GetUserAuthFactorsInput{AccessToken: access})
		if diff := cmp.Diff([]api.AuthFactorType{"PASSWORD"}, factors.ConfiguredUserAuthFactors); diff != "" {
			t.Errorf("GetUserAuthFactors() after the deletion differs (-want +got):\n%s", diff)
		}
	})
}

func TestAnotherUsersPasskeyDoesNotExist(t *testing.T) {
	t.Parallel()
	p, ann := signedIn(t, cognatetest.Start(t))
	p.MustUser("bob")
	bob := p.MustSignIn("bob", "").AuthenticationResult.AccessToken
	p.MustRegister(ann, &webauthntest.Authenticator{})
	if got := list(t, p, bob); len(got) != 0 {
		t.Errorf("bob sees %d passkeys, want none", len(got))
	}
	for what, id := range map[string]string{"ann's": list(t, p, ann)[0].CredentialId, "no": "AQID", "an impossible": "?\x7f"} {
		cognatetest.WantCode(t, "DeleteWebAuthnCredential("+what+" passkey)", remove(t, p, bob, id), api.CodeResourceNotFoundException)
	}
	if len(list(t, p, ann)) != 1 {
		t.Error("ann's passkey is gone")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	p, access := signedIn(t, cognatetest.Start(t))
	for range 3 {
		p.MustRegister(access, &webauthntest.Authenticator{})
	}
	var seen []api.WebAuthnCredentialDescription
	in := &api.ListWebAuthnCredentialsInput{AccessToken: access, MaxResults: new(2)}
	for {
		out := p.Must(t).ListWebAuthnCredentials(in)
		seen = append(seen, out.Credentials...)
		if out.NextToken == "" {
			break
		}
		in.NextToken = out.NextToken
	}
	if diff := cmp.Diff(list(t, p, access), seen); diff != "" || len(seen) != 3 {
		t.Errorf("pages of two differ from one page (-want +got):\n%s", diff)
	}
	in.NextToken = "forged"
	_, err := p.Client.ListWebAuthnCredentials(t.Context(), in)
	cognatetest.WantCode(t, "ListWebAuthnCredentials(a made-up token)", err, api.CodeInvalidParameterException)
}

func TestPoolWithoutPasskeys(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	_, err := begin(t, p, access)
	cognatetest.WantCode(t, "StartWebAuthnRegistration", err, api.CodeWebAuthnNotEnabledException)
	cognatetest.WantCode(t, "CompleteWebAuthnRegistration", complete(t, p, access, []byte(`{}`)), api.CodeWebAuthnNotEnabledException)
	if got := list(t, p, access); len(got) != 0 {
		t.Errorf("ListWebAuthnCredentials() = %v, want none", got)
	}
}

func TestPoolWithoutRelyingParty(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, access := signedIn(t, s)
	mfa := &api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, MfaConfiguration: off}
	p.Must(t).SetUserPoolMfaConfig(mfa)
	// The test server has a loopback address, so the relying party is localhost.
	var options struct{ RP struct{ ID string } }
	begun := cognatetest.Try(begin(t, p, access)).Of(t)
	if err := json.Unmarshal(begun.CredentialCreationOptions, &options); err != nil || options.RP.ID != "localhost" {
		t.Errorf("relying party is %q, %v, want localhost", options.RP.ID, err)
	}
	// A server at another IP address has no relying party.
	client, pool, err := s.Store.AppClientWithPool(t.Context(), p.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.Store.FindUser(t.Context(), pool, "ann")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := &account.Passkeys{Store: s.Store, Passkeys: &passkeys.Service{Store: s.Store}, Now: s.Clock.Now}
	who := &store.Principal{Pool: pool, Client: client, User: user}
	_, err = elsewhere.Start(t.Context(), who)
	cognatetest.WantCode(t, "Start()", err, api.CodeWebAuthnConfigurationMissingException)
	cognatetest.WantCode(t, "Complete()", elsewhere.Complete(t.Context(), who, []byte(`{}`)), api.CodeWebAuthnRelyingPartyMismatchException)
}

func TestCompletionErrors(t *testing.T) {
	t.Parallel()
	p, access := signedIn(t, cognatetest.Start(t))
	for name, c := range map[string]struct {
		authenticator webauthntest.Authenticator
		origin        string
		want          string
	}{
		"a page of another origin": {origin: "https://example.net", want: api.CodeWebAuthnOriginNotAllowedException},
		"without TLS":              {origin: "http://example.com", want: api.CodeWebAuthnOriginNotAllowedException},
		"another relying party":    {webauthntest.Authenticator{RelyingPartyID: "example.net"}, cognatetest.Page, api.CodeWebAuthnRelyingPartyMismatchException},
		"user absent":              {webauthntest.Authenticator{Absent: true}, cognatetest.Page, api.CodeWebAuthnCredentialNotSupportedException},
	} {
		begun := cognatetest.Try(begin(t, p, access)).Of(t)
		credential := cognatetest.Try(c.authenticator.Create(c.origin, begun.CredentialCreationOptions)).Of(t)
		cognatetest.WantCode(t, "CompleteWebAuthnRegistration("+name+")", complete(t, p, access, credential), c.want)
	}
	for name, credential := range map[string]string{
		"nothing": `{}`, "null": `null`, "a text": `"x"`, "a list": `[]`, "half of one": `{"id":"AQID","rawId":"AQID","type":"public-key"}`,
	} {
		cognatetest.WantCode(t, "CompleteWebAuthnRegistration("+name+")", complete(t, p, access, []byte(credential)), api.CodeInvalidParameterException)
	}
	if got := list(t, p, access); len(got) != 0 {
		t.Errorf("%d passkeys after refusals, want none", len(got))
	}
}

// A registration is valid once, for its user and client, until it expires or another one starts.
func TestRegistrationUserAndClient(t *testing.T) {
	t.Parallel()
	p, ann := signedIn(t, cognatetest.Start(t))
	p.MustUser("bob")
	bob := p.MustSignIn("bob", "").AuthenticationResult.AccessToken
	create := func(access string) []byte {
		t.Helper()
		return cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions)).Of(t)
	}
	none := api.CodeWebAuthnChallengeNotFoundException

	credential := create(ann)
	cognatetest.WantCode(t, "ann's credential given by bob, who began nothing", complete(t, p, bob, credential), none)
	create(bob)
	cognatetest.WantCode(t, "ann's credential given by bob, who began another", complete(t, p, bob, credential), none)
	if err := complete(t, p, ann, credential); err != nil {
		t.Fatalf("CompleteWebAuthnRegistration() = %v", err)
	}
	cognatetest.WantCode(t, "the same credential again", complete(t, p, ann, credential), none)

	first := create(ann)
	create(ann)
	cognatetest.WantCode(t, "a credential of the registration before", complete(t, p, ann, first), none)

	late := create(ann)
	p.Clock.Advance(5 * time.Minute)
	cognatetest.WantCode(t, "a late credential", complete(t, p, ann, late), none)

	credential = create(ann)
	elsewhere := p.WithClient(p.MustClient()).MustSignIn("ann", "").AuthenticationResult.AccessToken
	cognatetest.WantCode(t, "a credential given by another client", complete(t, p, elsewhere, credential), api.CodeWebAuthnClientMismatchException)
	if err := complete(t, p, ann, credential); err != nil {
		t.Errorf("a refused credential given rightly = %v, want it registered", err)
	}
}

// A passkey that a user of the pool has cannot be registered again, by that user or by another one.
func TestPasskeyIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	p, ann := signedIn(t, cognatetest.Start(t))
	p.MustUser("bob")
	bob := p.MustSignIn("bob", "").AuthenticationResult.AccessToken
	a := &webauthntest.Authenticator{}
	p.MustRegister(ann, a)
	options := cognatetest.Try(begin(t, p, bob)).Of(t).CredentialCreationOptions
	taken := cognatetest.Try(a.CreateAgain(cognatetest.Page, options)).Of(t)
	cognatetest.WantCode(t, "ann's passkey given by bob", complete(t, p, bob, taken), api.CodeInvalidParameterException)
	if n := len(list(t, p, bob)); n != 0 {
		t.Errorf("bob has %d passkeys, want none", n)
	}
}

func TestApp(t *testing.T) {
	t.Parallel()
	const app = "android:apk-key-hash:0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE"
	p, access := signedIn(t, cognatetest.Start(t))
	options := cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions
	credential := cognatetest.Try(new(webauthntest.Authenticator).Create(app, options)).Of(t)
	cognatetest.WantCode(t, "a passkey of an app", complete(t, p, access, credential), api.CodeWebAuthnOriginNotAllowedException)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, UserPoolTags: map[string]string{cognate.TagPasskeyApps: app},
	})
	if err := complete(t, p, access, credential); err != nil {
		t.Errorf("a passkey of an app that the pool names = %v, want it registered", err)
	}
}

func TestUserVerificationAtRegistration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config   api.WebAuthnConfigurationType
		required bool
	}{
		"preferred":    {api.WebAuthnConfigurationType{UserVerification: api.UserVerificationTypePreferred}, false},
		"required":     {api.WebAuthnConfigurationType{UserVerification: api.UserVerificationTypeRequired}, true},
		"multi-factor": {api.WebAuthnConfigurationType{FactorConfiguration: twice}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, access := signedIn(t, cognatetest.Start(t))
			c.config.RelyingPartyId = cognatetest.RelyingPartyID
			p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
				UserPoolId: p.PoolID, MfaConfiguration: off, WebAuthnConfiguration: &c.config,
			})
			options := cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions
			err := complete(t, p, access, cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, options)).Of(t))
			if c.required {
				cognatetest.WantCode(t, "an authenticator that verifies no user", err, api.CodeWebAuthnCredentialNotSupportedException)
			} else if err != nil {
				t.Errorf("an authenticator that verifies no user = %v, want it registered", err)
			}
			p.MustRegister(access, &webauthntest.Authenticator{Verifies: true})
		})
	}
}

// Concurrent registrations do not exceed the limit of passkeys per user.
func TestLimit(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, access := signedIn(t, s)
		for range cognate.MaxPasskeys - 1 {
			p.MustRegister(access, &webauthntest.Authenticator{})
		}
		options := cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions
		var mu sync.Mutex
		var wg sync.WaitGroup
		registered := 0
		for range 8 {
			credential := cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, options)).Of(t)
			wg.Go(func() {
				err := complete(t, p, access, credential)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					registered++
				}
			})
		}
		wg.Wait()
		if n := len(list(t, p, access)); registered != 1 || n != cognate.MaxPasskeys {
			t.Errorf("%d racing registrations were completed and there are %d passkeys, want 1 and %d", registered, n, cognate.MaxPasskeys)
		}
		_, err := begin(t, p, access)
		cognatetest.WantCode(t, "StartWebAuthnRegistration(one too many)", err, api.CodeLimitExceededException)
		cognatetest.WantCode(t, "CompleteWebAuthnRegistration(one too many)",
			complete(t, p, access, cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, options)).Of(t)),
			api.CodeLimitExceededException)
	})
}

func TestPasskeysAreDeletedWithTheirUser(t *testing.T) {
	t.Parallel()
	p, access := signedIn(t, cognatetest.Start(t))
	a := &webauthntest.Authenticator{}
	p.MustRegister(access, a)
	p.Must(t).DeleteUser(&api.DeleteUserInput{AccessToken: access})
	p.MustUser("ann")
	access = p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	if n := len(list(t, p, access)); n != 0 {
		t.Errorf("the new ann has %d passkeys of the old one", n)
	}
	options := cognatetest.Try(begin(t, p, access)).Of(t).CredentialCreationOptions
	if err := complete(t, p, access, cognatetest.Try(a.CreateAgain(cognatetest.Page, options)).Of(t)); err != nil {
		t.Errorf("the passkey of a deleted user can't be registered: %v", err)
	}
}
