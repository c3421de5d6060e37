package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
	"cognate/export"
	"cognate/store"
)

// longName is a name of a software token as long as the maximum of a request allows.
var longName = strings.Repeat("phone ", 10_000)

// filled is a pool with everything that an export has.
type filled struct {
	*cognatetest.UserPool
	secret        string // of ann's software token
	device        *cognatetest.Device
	authenticator *webauthntest.Authenticator
	withSecret    *api.UserPoolClientType
}

func mustFill(t *testing.T) *filled {
	t.Helper()
	f := &filled{UserPool: cognatetest.Pool(t, cognatetest.EmailIsAlias())}
	p := f.UserPool
	p.MustResourceServer("https://api.example.com", "read")
	p.MustAllowPasskeys(api.UserPoolMfaTypeOptional, "")
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, DeviceConfiguration: &api.DeviceConfigurationType{
			ChallengeRequiredOnNewDevice: new(true), DeviceOnlyRememberedOnUserPrompt: new(false),
		},
		Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
			AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn},
		}},
	})
	p.Must(t).CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: "Staff", Precedence: new(3)})
	f.withSecret = p.MustClient(cognatetest.ClientSecret())
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true", "name", "Ann")...)
	p.MustUser("bob")
	p.Must(t).AdminAddUserToGroup(&api.AdminAddUserToGroupInput{UserPoolId: p.PoolID, Username: "ann", GroupName: "Staff"})
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	p.MustUser("cid")
	f.authenticator = &webauthntest.Authenticator{}
	p.MustRegister(p.MustSignIn("cid", "").AuthenticationResult.AccessToken, f.authenticator)
	f.secret = p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: tokens.AccessToken}).SecretCode
	p.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		AccessToken: tokens.AccessToken, UserCode: p.Code(f.secret), FriendlyDeviceName: longName,
	})
	p.MustPrefer(tokens.AccessToken, true, true)
	p.NextStep()
	out, err := p.AnswerCode("ann", p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, p.Code(f.secret))
	if err != nil {
		t.Fatal(err)
	}
	f.device = p.MustConfirmDevice(out.AuthenticationResult)
	return f
}

func (f *filled) mustExport(t *testing.T, secrets bool) []byte {
	t.Helper()
	var file bytes.Buffer
	s := &export.Source{Store: f.Store, PoolID: f.PoolID, Secrets: secrets, Program: "v0.0.0", Now: f.Clock.Now}
	if _, err := s.Write(t.Context(), &file); err != nil {
		t.Fatalf("Write() = %v", err)
	}
	return file.Bytes()
}

func target(s *cognatetest.Server, newIDs bool) *export.Target {
	return &export.Target{Store: s.Store, Conflicts: s.Store, NewIDs: newIDs, Accounts: []string{cognatetest.AccountID}, Now: s.Clock.Now}
}

func mustImport(t *testing.T, to *export.Target, file []byte) *export.Report {
	t.Helper()
	r, err := to.Import(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatalf("Import() = %v", err)
	}
	return r
}

// Users of an imported pool sign in on the other server with everything that they have.
func TestSignInAfterImport(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := f.mustExport(t, true)
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		s.Clock.Advance(f.Clock.Now().Sub(s.Clock.Now()))
		slowly := io.MultiReader(bytes.NewReader(file[:len(file)-100]), readFunc(func([]byte) (int, error) {
			s.Clock.Advance(3 * time.Minute) // the users were read before
			return 0, io.EOF
		}), bytes.NewReader(file[len(file)-100:]))
		report, err := target(s, false).Import(t.Context(), slowly)
		if err != nil {
			t.Fatalf("Import() = %v", err)
		}
		if want := map[string]int{"pool": 1, "signingKey": 2, "resourceServer": 1, "client": 2, "group": 1, "user": 3}; !maps.Equal(want, report.Counts) {
			t.Errorf("Counts = %v, want %v", report.Counts, want)
		}
		p := f.On(s, f.PoolID, f.ClientID).For(t)
		p.MustSignIn("bob", "")
		for _, step := range []string{"the step of the import", "the step after it"} {
			session := p.MustSignIn("ann@example.com", api.ChallengeNameTypeSoftwareTokenMfa).Session
			_, err := p.AnswerCode("ann", session, p.Code(f.secret))
			cognatetest.WantCode(t, "AnswerCode("+step+")", err, "ExpiredCodeException")
			p.NextStep()
		}
		challenge := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa)
		if name := challenge.ChallengeParameters["FRIENDLY_DEVICE_NAME"]; name != longName {
			t.Errorf("FRIENDLY_DEVICE_NAME = %.20q of %d bytes, want the name of the export", name, len(name))
		}
		out, err := p.AnswerCode("ann", challenge.Session, p.Code(f.secret))
		if err != nil {
			t.Fatalf("AnswerCode() = %v", err)
		}
		p.MustSignInOn("ann", f.device)
		asked := p.MustAskForPasskey("cid")
		if _, err := p.UsePasskey("cid", f.authenticator, asked.Session, asked.ChallengeParameters); err != nil {
			t.Errorf("UsePasskey() = %v", err)
		}
		user := p.Must(t).GetUser(&api.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken})
		original := f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: "ann"})
		if diff := cmp.Diff(original.UserAttributes, user.UserAttributes); diff != "" {
			t.Errorf("attributes (-original +imported):\n%s", diff)
		}
		groups := p.Must(t).AdminListGroupsForUser(&api.AdminListGroupsForUserInput{UserPoolId: f.PoolID, Username: "ann"}).Groups
		if len(groups) != 1 || groups[0].GroupName != "Staff" || *groups[0].Precedence != 3 {
			t.Errorf("groups = %+v", groups)
		}
		client := p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: f.PoolID, ClientId: f.withSecret.ClientId}).UserPoolClient
		if client.ClientSecret != f.withSecret.ClientSecret {
			t.Error("the client has another secret")
		}
		users := &export.Source{Store: s.Store, PoolID: f.PoolID, Secrets: true, Program: "v0.0.0", Now: f.Clock.Now}
		var again bytes.Buffer
		if _, err := users.Write(t.Context(), &again); err != nil {
			t.Fatal(err)
		}
		changed := func(l string) bool {
			return strings.Contains(l, `"username":"ann"`) || strings.Contains(l, `"username":"cid"`)
		} // the sign-ins changed the device and the passkey
		if diff := cmp.Diff(lines(file, changed), lines(again.Bytes(), changed)); diff != "" {
			t.Errorf("the export of the import differs (-original +imported):\n%s", diff)
		}
	})
}

// lines returns the lines that are not left out.
func lines(file []byte, leftOut func(string) bool) []string {
	return slices.DeleteFunc(strings.Split(string(file), "\n"), leftOut)
}

// With new IDs, the pool can be beside its original. Passwords work at the first sign-in, and with SRP later.
func TestNewIDs(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	report := mustImport(t, target(f.Server, true), f.mustExport(t, true))
	if report.PoolID == f.PoolID || len(report.ClientIDs) != 2 || report.Passkeys != 1 {
		t.Fatalf("Import() = %+v", report)
	}
	p := f.On(f.Server, report.PoolID, report.ClientIDs[f.ClientID])
	f.NextStep()
	f.NextStep()
	out, err := p.AnswerCode("ann", p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, p.Code(f.secret))
	if err != nil {
		t.Fatalf("AnswerCode() = %v", err)
	}
	sub := func(pool string) string {
		return f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: pool, Username: "ann"}).UserAttributes[0].Value
	}
	if sub(f.PoolID) == sub(report.PoolID) {
		t.Error("the user has the sub of the original")
	}
	keys := func(pool string) []string {
		found, err := f.Store.SigningKeys(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, k := range found {
			ids = append(ids, k.ID)
		}
		return ids
	}
	if original := keys(f.PoolID); slices.ContainsFunc(keys(report.PoolID), func(id string) bool { return slices.Contains(original, id) }) {
		t.Error("the pools share a signing key")
	}
	p.MustSignInOn("ann", f.device)
	_, err = f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
		AuthParameters: map[string]string{"REFRESH_TOKEN": out.AuthenticationResult.RefreshToken},
	})
	cognatetest.WantCode(t, "InitiateAuth(refresh token of the other pool)", err, "NotAuthorizedException")
}

// A file without secrets has none. Users reset their passwords, and clients get new secrets.
func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := f.mustExport(t, false)
	for _, member := range []string{`"password"`, `"softwareToken"`, `"devices"`, `"secrets"`, `"key"`, "SOFTWARE_TOKEN_MFA", f.withSecret.ClientSecret, f.secret} {
		if bytes.Contains(file, []byte(member)) {
			t.Errorf("a file without secrets has %s", member)
		}
	}
	s := cognatetest.Start(t)
	s.Clock.Advance(f.Clock.Now().Sub(s.Clock.Now()))
	report := mustImport(t, target(s, false), file)
	if report.MustReset != 2 || !slices.Equal(report.NewSecrets, []string{f.withSecret.ClientId}) {
		t.Errorf("Import() = %+v, want two users who must reset (cid has a passkey) and one client with a new secret", report)
	}
	p := f.On(s, f.PoolID, f.ClientID)
	if _, err := p.SignIn("bob"); err == nil {
		t.Error("a user whose password is not in the file can sign in")
	}
	client := p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: f.PoolID, ClientId: f.withSecret.ClientId}).UserPoolClient
	if client.ClientSecret == "" || client.ClientSecret == f.withSecret.ClientSecret {
		t.Errorf("ClientSecret = %q, want a new one", client.ClientSecret)
	}
}

// A bad line is named, and nothing is changed.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := string(f.mustExport(t, true))
	number := func(part string) int { return strings.Count(file[:strings.Index(file, part)], "\n") + 1 }
	ann := number(`"username":"ann"`)
	replace := func(old, with string) string {
		if !strings.Contains(file, old) {
			t.Fatalf("the file does not contain %s", old)
		}
		return strings.Replace(file, old, with, 1)
	}
	line := func(n int) string { return strings.SplitAfter(file, "\n")[n-1] }
	bob := number(`"username":"bob"`)
	last := number(`"type":"end"`)
	for name, tt := range map[string]struct {
		file string
		want string // a part of the error
	}{
		"empty":                      {"", "line 1: the file ends without its last line"},
		"not JSON":                   {"{\n" + file, "line 1: it is not JSON"},
		"no header":                  {strings.Replace(file, line(1), "", 1), "line 1: the first line must be the header"},
		"another format":             {replace("cognate-export/1", "cognate-export/2"), "line 1: the format is"},
		"truncated":                  {strings.TrimSuffix(file, line(last)), fmt.Sprintf("line %d: the file ends without its last line", last)},
		"cut in a line":              {file[:len(file)-20], "it is not JSON"},
		"a line is missing":          {strings.Replace(file, line(bob), "", 1), "the numbers of lines are not those"},
		"a line twice":               {strings.Replace(file, line(bob), line(bob)+line(bob), 1), "the numbers of lines are not those"},
		"a line after the end":       {file + line(bob), fmt.Sprintf("line %d: there is a line after the end", last+1)},
		"a line of another pool":     {replace(line(bob), strings.Replace(line(bob), f.PoolID, "us-east-1_Another1", 1)), fmt.Sprintf("line %d: the line belongs to the user pool", bob)},
		"an order":                   {replace(line(3), line(ann)), "line 4: a line of the type signingKey cannot be here"},
		"an unknown type":            {replace(`"type":"group"`, `"type":"gruop"`), `the type "gruop" is unknown`},
		"an unknown member":          {replace(`"username":"ann"`, `"isAdmin":true,"username":"ann"`), fmt.Sprintf("line %d: the member /isAdmin is unknown", ann)},
		"a member twice":             {replace(`"username":"ann"`, `"username":"eve","username":"ann"`), fmt.Sprintf("line %d: the member /username appears twice", ann)},
		"a wrong type":               {replace(`"enabled":true`, `"enabled":"yes"`), "the member /enabled has the wrong type"},
		"a pool ID with a path":      {strings.ReplaceAll(file, f.PoolID, "../x_a"), "is not the ID of a user pool"},
		"an unknown setting":         {replace(`"settings":{`, `"settings":{"Backdoor":1,`), "line 2: settings: the member /Backdoor is unknown"},
		"an invalid setting":         {replace(`"MinimumLength":8`, `"MinimumLength":"8"`), "line 2: settings: the member"},
		"a foreign key":              {replace(`"use":"access"`, `"use":"admin"`), "the use is neither id nor access"},
		"a sub with a path":          {replace(line(bob), setMember(line(bob), "sub", "../../etc")), "sub: "},
		"a taken alias":              {replace(line(bob), withAttributes(line(bob), `{"email":"ann@example.com","email_verified":"true"}`)), "signs in with ann@example.com, as another user does"},
		"a sub twice":                {replace(line(bob), setMember(line(bob), "sub", memberOf(line(ann), "sub"))), "of another user"},
		"an unknown attribute":       {replace(`"name":"Ann"`, `"custom:admin":"1"`), "the pool has no attribute"},
		"an unknown group":           {replace(`"groups":[{"name":"Staff"`, `"groups":[{"name":"Admins"`), `the file has no group "Admins"`},
		"a verifier of zero":         {replace(line(bob), setMember(line(bob), "verifier", strings.Repeat("A", 512))), "the salt or the verifier is not valid"},
		"an expensive hash":          {replace(line(bob), withPassword(line(bob), `{"hash":"$argon2id$v=19$m=4194304,t=9,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"}`)), "the hash is not one of argon2id"},
		"an empty hash":              {replace(line(bob), withPassword(line(bob), `{"importedHash":"$argon2id$v=19$m=64,t=1,p=1$AAAA$A"}`)), "the importedHash is not a hash"},
		"two passwords in one":       {replace(line(bob), strings.Replace(line(bob), `"password":{`, `"password":{"hash":"x",`, 1)), "it needs either salt and verifier"},
		"a factor without its proof": {replace(line(bob), strings.Replace(line(bob), `"username"`, `"mfa":{"enabled":["SOFTWARE_TOKEN_MFA"]},"username"`, 1)), "SOFTWARE_TOKEN_MFA is enabled, but there is no softwareToken"},
		"a short token":              {replace(`"secret":"`+f.secret, `"secret":"MFRGG`), "the secret of the softwareToken is not base32"},
		"a passkey's key":            {replace(`"publicKey":"`, `"publicKey":"AAAA`), "a publicKey is not a COSE key"},
		"a long transport":           {replace(`"transports":["`, `"transports":["`+strings.Repeat("a", 33)), "or one is longer than 32 bytes"},
		"many transports":            {replace(`"transports":[`, `"transports":[`+strings.Repeat(`"",`, 16)), "there are more than 16 transports"},
		"a long issuer":              {replace(line(bob), withIdentity(line(bob), strings.Repeat("a", 2049))), "providerType or issuer is too long"},
		"a huge line":                {replace(line(bob), withAttributes(line(bob), `{"name":"`+strings.Repeat("a", 9<<20)+`"}`)), fmt.Sprintf("line %d: the line is longer than", bob)},
		"a client of another name":   {replace(`"type":"client"`, `"type":"client","extra":1`), "the member /extra is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := cognatetest.Start(t)
			_, err := target(s, false).Import(t.Context(), strings.NewReader(tt.file))
			bad, ok := errors.AsType[*export.BadFile](err)
			if !ok || !strings.Contains(bad.Error(), tt.want) {
				t.Errorf("Import() = %v, want %q", err, tt.want)
			}
			wantNothing(t, s, f.PoolID, f.ClientID)
			if strings.Contains(fmt.Sprint(err), f.secret) {
				t.Error("the error has a secret")
			}
		})
	}
}

// setMember replaces the text of a member in a line.
func setMember(line, name, value string) string {
	return strings.Replace(line, `"`+name+`":"`+memberOf(line, name), `"`+name+`":"`+value, 1)
}

func memberOf(line, name string) string {
	_, rest, _ := strings.Cut(line, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// withPassword replaces the password of a line.
func withPassword(line, password string) string {
	before, rest, _ := strings.Cut(line, `"password":`)
	_, after, _ := strings.Cut(rest, "}")
	return before + `"password":` + password + after
}

// withIdentity adds an identity to the line of a user without.
func withIdentity(line, issuer string) string {
	return strings.Replace(line, `"username":`, `"identities":[{"providerName":"Shop","providerType":"OIDC","attribute":"Cognito_Subject","value":"1","issuer":"`+
		issuer+`","linkedAt":"2026-01-02T03:04:05Z"}],"username":`, 1)
}

// withAttributes adds attributes to the line of a user without.
func withAttributes(line, attributes string) string {
	return strings.Replace(line, `"username":`, `"attributes":`+attributes+`,"username":`, 1)
}

func wantNothing(t *testing.T, s *cognatetest.Server, poolID, clientID string) {
	t.Helper()
	_, poolErr := s.Store.UserPool(t.Context(), poolID)
	_, clientErr := s.Store.AppClient(t.Context(), clientID)
	users, _, err := s.Store.Users(t.Context(), store.UserQuery{PoolID: poolID, Limit: 1})
	if !errors.Is(poolErr, store.ErrNotFound) || !errors.Is(clientErr, store.ErrNotFound) || err != nil || len(users) > 0 {
		t.Errorf("after a failed import: pool %v, client %v, users %v, %v, want nothing", poolErr, clientErr, users, err)
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := f.mustExport(t, true)
	wantConflict := func(to *export.Target, want ...string) {
		t.Helper()
		_, err := to.Import(t.Context(), bytes.NewReader(file))
		conflicts, ok := errors.AsType[*export.Conflicts](err)
		if !ok || !slices.Equal(conflicts.Reasons, want) {
			t.Errorf("Import() = %v, want %q", err, want)
		}
	}
	clients := []string{f.ClientID, f.withSecret.ClientId}
	slices.Sort(clients)
	exists := func(id string) string {
		return "the app client " + id + " exists already, in the user pool " + f.PoolID
	}
	wantConflict(target(f.Server, false), "the user pool "+f.PoolID+" exists already", exists(clients[0]), exists(clients[1]))
	f.MustSignIn("bob", "")

	// A dry run writes to another store, and finds the same.
	scratch := cognatetest.Start(t)
	dry := target(f.Server, false)
	dry.Store = scratch.Store
	wantConflict(dry, "the user pool "+f.PoolID+" exists already", exists(clients[0]), exists(clients[1]))
	wantNothing(t, scratch, f.PoolID, f.ClientID)
}

// A file can choose only an account that the server knows. The caller can choose any.
func TestAccounts(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := string(f.mustExport(t, true))
	s := cognatetest.Start(t)
	to := target(s, false)
	to.Accounts = []string{cognatetest.ForeignAccountID}
	_, err := to.Import(t.Context(), strings.NewReader(file))
	if unknown, ok := errors.AsType[*export.UnknownAccount](err); !ok || unknown.AccountID != cognatetest.AccountID {
		t.Errorf("Import(an unknown account) = %v, want UnknownAccount", err)
	}
	wantNothing(t, s, f.PoolID, f.ClientID)
	to.Account = cognatetest.AccountID
	if r := mustImport(t, to, []byte(file)); r.AccountID != to.Account {
		t.Errorf("AccountID = %s, want %s", r.AccountID, to.Account)
	}
	to.Account, to.Accounts, to.NewIDs = "", nil, true // the account has a pool now
	if r := mustImport(t, to, []byte(file)); r.AccountID != cognatetest.AccountID {
		t.Errorf("AccountID = %s, want that of the file", r.AccountID)
	}
}

// An import that is stopped leaves nothing, and can be repeated immediately.
func TestStoppedImport(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := f.mustExport(t, true)
	s := cognatetest.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	broken := errors.New("the disk is gone")
	half := io.MultiReader(bytes.NewReader(file[:len(file)-100]), readFunc(func([]byte) (int, error) { return 0, broken }))
	if _, err := target(s, false).Import(ctx, half); !errors.Is(err, broken) {
		t.Errorf("Import(a file that cannot be read) = %v", err)
	}
	wantNothing(t, s, f.PoolID, f.ClientID)
	stop()
	if _, err := target(s, false).Import(ctx, bytes.NewReader(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("Import(canceled) = %v", err)
	}
	mustImport(t, target(s, false), file)
}

// Few long lines are written as early as many short ones, so that they do not fill the memory.
func TestLongLines(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := string(f.mustExport(t, true))
	file = strings.ReplaceAll(file, `{"type":"user",`, `{"type":"user",`+strings.Repeat(" ", 5<<20))
	last := strings.LastIndex(file, `{"type":"user",`)
	s := cognatetest.Start(t)
	before := 0
	look := readFunc(func([]byte) (int, error) {
		users, _, err := s.Store.Users(t.Context(), store.UserQuery{PoolID: f.PoolID, Limit: 10})
		if err != nil {
			return 0, err
		}
		before = len(users)
		return 0, io.EOF
	})
	parts := io.MultiReader(strings.NewReader(file[:last]), look, strings.NewReader(file[last:]))
	if _, err := target(s, false).Import(t.Context(), parts); err != nil {
		t.Fatalf("Import() = %v", err)
	}
	if before != 2 {
		t.Errorf("%d users were written before the third line, want 2", before)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(b []byte) (int, error) { return f(b) }

// A sub that a user of another pool has is no conflict: what belongs to a user is found by pool and sub.
func TestSubOfAnotherPool(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	file := string(f.mustExport(t, true))
	other := cognatetest.Start(t)
	mustImport(t, target(other, false), []byte(file))
	copied := strings.NewReplacer(f.PoolID, "us-east-1_Copied001", f.ClientID, "copied"+f.ClientID[6:], f.withSecret.ClientId, "copied"+f.withSecret.ClientId[6:]).Replace(file)
	mustImport(t, target(other, false), []byte(copied))
	first, second := f.On(other, f.PoolID, f.ClientID), f.On(other, "us-east-1_Copied001", "copied"+f.ClientID[6:])
	access := first.MustSignIn("bob", "").AuthenticationResult.AccessToken
	second.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: second.PoolID, Username: "bob"})
	second.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: second.PoolID, Username: "bob"})
	first.Must(t).GetUser(&api.GetUserInput{AccessToken: access})
	pool, err := other.Store.UserPool(t.Context(), f.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Store.FindUser(t.Context(), pool, "bob"); err != nil {
		t.Errorf("FindUser() = %v", err)
	}
	if _, err := second.SignIn("bob"); err == nil {
		t.Error("the deleted user of the copy can sign in")
	}
}

func TestUnknownPool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	from := &export.Source{Store: s.Store, PoolID: "us-east-1_Nothing00", Now: s.Clock.Now}
	if _, err := from.Write(t.Context(), io.Discard); !errors.Is(err, export.ErrNoPool) {
		t.Errorf("Write() = %v, want ErrNoPool", err)
	}
}

// A user whose new software token is not verified yet has no second factor in the file, and the file can be imported.
func TestPendingSoftwareToken(t *testing.T) {
	t.Parallel()
	f := mustFill(t)
	f.NextStep()
	out, err := f.AnswerCode("ann", f.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, f.Code(f.secret))
	if err != nil {
		t.Fatal(err)
	}
	f.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: out.AuthenticationResult.AccessToken})
	mustImport(t, target(cognatetest.Start(t), false), f.mustExport(t, true))
}
