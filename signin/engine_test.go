package signin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	totpcode "cognate/authn/totp"
	"cognate/authsession"
	"cognate/notify"
	"cognate/passkeys"
	"cognate/passwords"
	"cognate/sealing"
	"cognate/signin"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
	"cognate/trigger"
)

// enginePassword is the password of the user of an engineFixture.
const enginePassword = "Right-horse-7"

// engineFixture is an engine on a store in memory, with a pool that requires a second factor, and its user ann.
type engineFixture struct {
	*signin.Engine
	t      *testing.T
	now    time.Time // of the engine; the test moves it
	pool   *cognate.UserPool
	client *cognate.AppClient
	user   *cognate.User
}

func newEngine(t *testing.T) *engineFixture {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("store.Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	f := &engineFixture{t: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return f.now }
	keys := tokens.NewKeyring(st, oneKey{}, now)
	subjects := &subject.Finder{Store: st, DecoyKey: st.DecoyKey()}
	triggers := &trigger.Service{Invoker: trigger.None{}, Sealer: trigger.None{}, Now: now}
	notifier := &notify.Service{Sender: new(notify.Mailbox), Triggers: triggers, Log: slog.New(slog.DiscardHandler)}
	f.Engine = &signin.Engine{
		Store: st, Subjects: subjects, Sessions: &authsession.Sealer{Store: st, Now: now},
		Tokens: &tokens.Service{
			Store: st, Keys: keys, Issuer: tokens.Issuer{PublicURL: "https://idp.example.com"}, Now: now,
		},
		Passwords: new(passwords.Service), Passkeys: &passkeys.Service{Store: st, PublicURL: "https://idp.example.com"},
		Notify: notifier, Triggers: triggers, Limits: throttle.DefaultLimits(), Now: now,
		Users: &account.Service{Store: st, Subjects: subjects, Notify: notifier, Triggers: triggers, Now: now},
	}
	f.create(keys)
	return f
}

// create stores the pool, its client and its user.
func (f *engineFixture) create(keyring *tokens.Keyring) {
	f.t.Helper()
	ctx := f.t.Context()
	f.pool = &cognate.UserPool{
		ID: "us-east-1_Engine000", AccountID: "123456789012", Name: "engine", CreatedAt: f.now, ModifiedAt: f.now,
		MFA:            cognate.MFAConfig{Mode: api.UserPoolMfaTypeOn, SoftwareToken: true, Email: new(api.EmailMfaConfigType)},
		DeviceTracking: &api.DeviceConfigurationType{ChallengeRequiredOnNewDevice: new(true)},
		LambdaConfig: &api.LambdaConfigType{
			DefineAuthChallenge: "define", CreateAuthChallenge: "create", VerifyAuthChallengeResponse: "verify",
		},
	}
	f.client = &cognate.AppClient{
		PoolID: f.pool.ID, ID: "0123456789abcdefghijklmnop", Name: "app", AuthSessionValidity: 3, CreatedAt: f.now, ModifiedAt: f.now,
		AuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowUserAuth,
			api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	}
	password, err := f.Passwords.New(ctx, f.pool, "ann", enginePassword)
	if err != nil {
		f.t.Fatalf("Passwords.New() = %v", err)
	}
	f.user = &cognate.User{
		PoolID: f.pool.ID, Sub: "11111111-1111-7111-8111-111111111111", Username: "ann", Status: api.UserStatusTypeConfirmed,
		Enabled: true, Created: f.now, Modified: f.now, Password: password,
		Attributes: map[string]string{cognate.AttributeSub: "11111111-1111-7111-8111-111111111111"},
		Tokens:     cognate.SoftwareTokens{Active: &cognate.SoftwareToken{ID: "token", Secret: []byte("twenty random bytes.")}},
	}
	keys, err := keyring.Ready(f.now)
	if err != nil {
		f.t.Fatalf("Keyring.Ready() = %v", err)
	}
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateUserPool(ctx, f.pool, keys), tx.CreateAppClient(ctx, f.client), tx.CreateUser(ctx, f.pool, f.user),
		)
	})
	if err != nil {
		f.t.Fatalf("create pool, client and user: %v", err)
	}
}

// attempt returns an attempt of ann.
func (f *engineFixture) attempt() *signin.Attempt {
	return &signin.Attempt{ClientRequest: cognate.ClientRequest{Pool: f.pool, Client: f.client}, Username: "ann"}
}

// code returns the current code of the software token.
func (f *engineFixture) code() string { return totpcode.Code(f.user.Tokens.Active.Secret, f.now) }

// oneKey signs the tokens of all engines, because generating an RSA key takes longer than a sign-in.
type oneKey struct{}

var makeKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (oneKey) Take(context.Context) (*rsa.PrivateKey, error) { return makeKey() }

func (oneKey) Next(context.Context) (*rsa.PrivateKey, error) { return makeKey() }

func (oneKey) TakeReady(count int) []*rsa.PrivateKey {
	key, err := makeKey()
	if err != nil {
		return nil
	}
	return slices.Repeat([]*rsa.PrivateKey{key}, count)
}

// A caller of the engine needs no wire format: it signs a user in by password and software token, and refreshes the tokens.
func TestEnginePasswordAndSoftwareToken(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	first, err := f.Start(t.Context(), f.attempt(), signin.PasswordStart{Password: enginePassword})
	if err != nil {
		t.Fatalf("Start(right password) = %v", err)
	}
	if first.Challenge != (signin.SoftwareTokenChallenge{}) || first.UserIDForSRP != "ann" || first.Tokens != nil {
		t.Fatalf("Start(right password) = %+v, want a SoftwareTokenChallenge to ann", first)
	}
	wrong := "000000"
	if wrong == f.code() {
		wrong = "000001"
	}
	if _, err := f.Answer(t.Context(), f.attempt(), first.Session, signin.SoftwareTokenResponse{Code: wrong}); !errors.Is(err, api.ErrCodeMismatch) {
		t.Errorf("Answer(wrong code) = %v, want %v", err, api.ErrCodeMismatch)
	}
	last, err := f.Answer(t.Context(), f.attempt(), first.Session, signin.SoftwareTokenResponse{Code: f.code()})
	if err != nil {
		t.Fatalf("Answer(right code) = %v", err)
	}
	if last.Tokens == nil || last.Challenge != nil || last.Session != "" {
		t.Fatalf("Answer(right code) = %+v, want tokens", last)
	}
	f.now = f.now.Add(time.Minute)
	again, err := f.Answer(t.Context(), f.attempt(), first.Session, signin.SoftwareTokenResponse{Code: f.code()})
	if again != nil || !errors.Is(err, api.ErrSessionSpent) {
		t.Errorf("Answer(spent Session) = %+v, %v, want %v", again, err, api.ErrSessionSpent)
	}
}

func TestEngineWrongPassword(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	outcome, err := f.Start(t.Context(), f.attempt(), signin.PasswordStart{Password: "Wrong-horse-7"})
	if outcome != nil || !errors.Is(err, api.ErrIncorrectPassword) {
		t.Errorf("Start(wrong password) = %+v, %v, want %v", outcome, err, api.ErrIncorrectPassword)
	}
}

// The engine refuses a missing flow, a missing response and a missing Session.
func TestEngineNil(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	if outcome, err := f.Start(t.Context(), f.attempt(), nil); outcome != nil || err == nil {
		t.Errorf("Start(nil) = %+v, %v, want an error", outcome, err)
	}
	if outcome, err := f.Answer(t.Context(), f.attempt(), f.seal(f.session(cognate.StepSetupVerified)), nil); outcome != nil || !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("Answer(nil) = %+v, %v, want %v", outcome, err, api.ErrInvalidSession)
	}
	if outcome, err := f.Answer(t.Context(), f.attempt(), "", signin.MFASetupResponse{}); outcome != nil || err == nil {
		t.Errorf("Answer(no Session) = %+v, %v, want an error", outcome, err)
	}
}

// Authenticate decides about the client before the user is looked up, at the start and at each answer.
func TestEngineAuthenticate(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	refusal := errors.New("wrong client")
	a := f.attempt()
	a.Username = "eve"
	a.Authenticate = func(login string, user *cognate.User) error {
		if login != "eve" || user != nil {
			t.Errorf("Authenticate(%q, %v), want the typed name and no user", login, user)
		}
		return refusal
	}
	if outcome, err := f.Start(t.Context(), a, signin.PasswordStart{Password: enginePassword}); outcome != nil || !errors.Is(err, refusal) {
		t.Errorf("Start() = %+v, %v, want %v", outcome, err, refusal)
	}
	if outcome, err := f.Answer(t.Context(), a, "", nil); outcome != nil || !errors.Is(err, refusal) {
		t.Errorf("Answer() = %+v, %v, want %v", outcome, err, refusal)
	}
}
