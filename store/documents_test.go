package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
	"cognate/store/storetest"
)

// A document has all fields of its noun.
func TestNounRoundTrips(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), mustOpen(t, "", storetest.MasterKey(t))
	var nouns struct {
		Pool         cognate.UserPool
		Client       cognate.AppClient
		Provider     cognate.IdentityProvider
		User         cognate.User
		Credential   cognate.Credential
		Device       cognate.Device
		Registration cognate.PasskeyRegistration
		Grant        cognate.Grant
		SSOSession   cognate.SSOSession
		Code         cognate.AuthorizationCode
		Consent      cognate.Consent
		DeviceAuth   cognate.DeviceAuthorization
		Session      cognate.AuthSession // the key of the row of Custom
	}
	storetest.Fill(&nouns)
	nouns.User.Password.Imported = ""                                                                             // another form is set
	nouns.Grant.Scopes, nouns.Code.Scopes = []string{"openid", "orders/read"}, []string{"openid", "orders/write"} // no scope has spaces
	nouns.Consent.Scopes, nouns.DeviceAuth.Scopes = []string{"openid", "orders/read"}, []string{"openid", "email"}
	claims := cognate.RequestedClaims{IDToken: []string{"email", "name"}, UserInfo: []string{"custom:team"}} // no name has spaces
	nouns.Grant.Claims, nouns.Code.Claims = claims, claims
	nouns.DeviceAuth.Interval = cognate.DevicePollInterval // whole milliseconds are stored
	var (
		pool, client, user = &nouns.Pool, &nouns.Client, &nouns.User
		provider           = &nouns.Provider
		credential, device = &nouns.Credential, &nouns.Device
		registration       = nouns.Registration
		grant, session     = &nouns.Grant, &nouns.Session
		sso, code          = &nouns.SSOSession, &nouns.Code
		consent            = &nouns.Consent
		deviceAuth         = &nouns.DeviceAuth
	)
	for _, poolID := range []*string{
		&client.PoolID, &provider.PoolID, &user.PoolID, &credential.PoolID, &device.PoolID, &registration.PoolID, &grant.PoolID, &session.PoolID,
		&sso.PoolID, &code.PoolID, &consent.PoolID, &deviceAuth.PoolID,
	} {
		*poolID = pool.ID
	}
	for _, sub := range []*string{&credential.Sub, &device.Sub, &registration.Sub, &grant.Sub, &session.Sub, &sso.Sub, &code.Sub, &consent.Sub} {
		*sub = user.Sub
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.CreateUserPool(ctx, pool, nil) },
			func() error { return tx.CreateAppClient(ctx, client) },
			func() error { return tx.CreateIdentityProvider(ctx, provider) },
			func() error { return tx.CreateUser(ctx, pool, user) },
			func() error { return tx.CreateCredential(ctx, credential) },
			func() error { return tx.CreateDevice(ctx, device) },
			func() error { return tx.SavePasskeyRegistration(ctx, registration) },
			func() error { return tx.CreateGrant(ctx, *grant) },
			func() error { return tx.RevokeGrant(ctx, pool.ID, grant.ID) },
			func() error { return tx.CreateSSOSession(ctx, sso) },
			func() error { return tx.CreateAuthorizationCode(ctx, code) },
			func() error { return tx.SpendAuthorizationCode(ctx, code, code.Grant) },
			func() error { return tx.SaveConsent(ctx, consent) },
			func() error { return tx.CreateDeviceAuthorization(ctx, deviceAuth) },
			func() error { return tx.CreateSessionState(ctx, session, session.Custom) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	check := func(name string, want, got any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-stored +read):\n%s", name, err, diff)
		}
	}
	gotPool, err := s.UserPool(ctx, pool.ID)
	check("UserPool()", pool, gotPool, err)
	gotClient, err := s.AppClient(ctx, client.ID)
	check("AppClient()", client, gotClient, err)
	gotProvider, err := s.IdentityProvider(ctx, pool.ID, provider.Name)
	provider.Version = gotProvider.Version // the first version is random
	check("IdentityProvider()", provider, gotProvider, err)
	gotUser, err := s.User(ctx, pool.ID, user.Sub)
	check("User()", user, gotUser, err)
	gotCredentials, err := s.Credentials(ctx, pool.ID, user.Sub, "", 2)
	check("Credentials()", []*cognate.Credential{credential}, gotCredentials, err)
	gotDevices, err := s.Devices(ctx, pool.ID, user.Sub, "", 2)
	check("Devices()", []*cognate.Device{device}, gotDevices, err)
	gotCustom, err := s.SessionState(ctx, session)
	check("SessionState()", session.Custom, gotCustom, err)
	gotSSO, _, err := s.SSOSession(ctx, pool.ID, sso.SecretHash)
	check("SSOSession()", sso, gotSSO, err)
	gotCode, err := s.AuthorizationCode(ctx, pool.ID, code.Hash)
	check("AuthorizationCode()", code, gotCode, err)
	gotConsent, err := s.Consent(ctx, pool.ID, user.Sub, consent.ClientID, consent.RedirectHost)
	check("Consent()", consent, gotConsent, err)
	gotDeviceAuth, err := s.DeviceAuthorization(ctx, pool.ID, deviceAuth.UserCodeHash)
	check("DeviceAuthorization()", deviceAuth, gotDeviceAuth, err)
	mustWrite(t, s, func(tx *store.Tx) error {
		gotRegistration, err := tx.TakePasskeyRegistration(ctx, pool.ID, user.Sub)
		check("TakePasskeyRegistration()", registration, gotRegistration, err)
		gotGrant, err := tx.LockGrant(ctx, pool.ID, grant.ID)
		check("LockGrant()", grant, gotGrant, err)
		return nil
	})
}

// Renaming a Go field must not change the stored data.
func TestDocumentsHaveNames(t *testing.T) {
	t.Parallel()
	var names []string
	for _, d := range store.Documents() {
		typ := reflect.TypeOf(d).Elem()
		storetest.CheckNames(t, typ)
		names = append(names, typ.Name())
	}
	slices.Sort(names)
	if diff := cmp.Diff(declaredDocuments(t), names); diff != "" {
		t.Errorf("the tests do not know the documents (-documents_*.go +export_test.go):\n%s", diff)
	}
}

// declaredDocuments returns the names of the structs that embed form, sorted.
func declaredDocuments(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("documents_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			declared, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := declared.Type.(*ast.StructType); ok && embedsForm(s) {
				names = append(names, declared.Name.Name)
			}
			return false
		})
	}
	slices.Sort(names)
	return names
}

func embedsForm(s *ast.StructType) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		name, ok := f.Type.(*ast.Ident)
		return ok && len(f.Names) == 0 && name.Name == "form"
	})
}

// A document in the form of a later build is rejected.
func TestDocumentsOfLaterBuilds(t *testing.T) {
	t.Parallel()
	for _, d := range store.Documents() {
		if err := store.Decode(`{"A member that came later":1}`, d); err != nil {
			t.Errorf("Decode(%T without a Version) = %v", d, err)
		}
		for _, version := range []string{`2`, `1`, `0`, `"2"`, `null`} {
			if err := store.Decode(`{"Version":`+version+`}`, d); err == nil {
				t.Errorf("Decode(%T with Version %s) = nil, want an error", d, version)
			}
		}
	}
}
