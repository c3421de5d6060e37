package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/srp"
	"cognate/authn/totp"
	"cognate/internal/pgtest"
)

const (
	// releases has a folder for each release (README.md).
	releases = "../../testdata/releases"
	// envFillRelease names the release whose folder TestFillRelease writes. scripts/release-data.sh sets it.
	envFillRelease = "COGNATE_TEST_FILL_RELEASE"
	releaseURL     = "http://id.example"
	releaseMaster  = "cognate-master-1:dGVzdCBrZXkgb2YgZmlsbGVkIGRhdGFiYXNlcy4hISE="
	releasePass    = "Correct-horse-7"
)

// releaseClients is clients.json: the data that clients of a filled database have.
type releaseClients struct {
	Now                       time.Time
	PoolID, ClientID          string
	SoftwareToken             string // the secrets of the users software-token and unfinished
	AccessToken, RefreshToken string // of the user password
	Session, SignUpCode       string // of the users unfinished and unconfirmed
}

// releaseEngine is a database of a release.
type releaseEngine struct {
	name string
	// dump has the content of the database, in the folder of the engine.
	dump string
	// fill returns the flags of a server on a new database, and write, which writes dump after the server has ended.
	fill func(t *testing.T) (flags []string, write func(w io.Writer))
	// open returns the flags of a server on a copy of the database.
	open func(t *testing.T, dump []byte) (flags []string)
}

var releaseEngines = []releaseEngine{
	{"sqlite", "cognate.db.gz", fillSQLite, openSQLiteRelease},
	{"postgres", "cognate.sql.gz", fillPostgres, openPostgresRelease},
}

func fillSQLite(t *testing.T) (flags []string, write func(w io.Writer)) {
	t.Helper()
	dir := t.TempDir()
	return []string{"--data", dir}, func(w io.Writer) {
		content, err := os.ReadFile(filepath.Join(dir, "cognate.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
}

func openSQLiteRelease(t *testing.T, dump []byte) (flags []string) {
	t.Helper()
	dir := t.TempDir()
	mustWriteFile(t, filepath.Join(dir, "cognate.db"), string(dump))
	return []string{"--data", dir}
}

// psqlCommand is a line of pg_dump that only psql understands.
var psqlCommand = regexp.MustCompile(`(?m)^\\.*\n`)

func fillPostgres(t *testing.T) (flags []string, write func(w io.Writer)) {
	t.Helper()
	url := pgtest.URL(t)
	return []string{"--database-url", url}, func(w io.Writer) {
		output, err := exec.Command(filepath.Join(os.Getenv("COGNATE_TEST_PG_BINDIR"), "pg_dump"), "--inserts", "--no-owner", "--no-privileges", url).Output()
		if err != nil {
			t.Fatalf("pg_dump: %v", err)
		}
		if _, err := w.Write(psqlCommand.ReplaceAll(output, nil)); err != nil {
			t.Fatal(err)
		}
	}
}

func openPostgresRelease(t *testing.T, dump []byte) (flags []string) {
	t.Helper()
	return []string{"--database-url", pgtest.Loaded(t, string(dump))}
}

// startRelease starts a server on a database with the clock of a test.
func startRelease(t *testing.T, flags []string, now time.Time) (*storedServer, *process) {
	t.Helper()
	dir := t.TempDir()
	mustWriteFile(t, filepath.Join(dir, "master.key"), releaseMaster)
	p := mustStart(t, dir, append([]string{"dev", "--listen", "127.0.0.1:0", "--public-url", releaseURL, "--master-key-file", "master.key"}, flags...)...)
	s := &storedServer{Client: clientOf(p), url: p.url, t: t}
	s.post("/_cognate/clock/freeze", "{}")
	s.setClock(now)
	return s, p
}

// TestFillRelease writes the filled databases of a release. It is not a test of the code.
func TestFillRelease(t *testing.T) {
	name := os.Getenv(envFillRelease)
	if name == "" {
		t.Skip(envFillRelease + " is not set: scripts/release-data.sh sets it")
	}
	for _, engine := range releaseEngines {
		flags, write := engine.fill(t)
		now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		s, p := startRelease(t, flags, now)
		clients := s.fillRelease(now)
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(releases, name, engine.name)
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for git
			t.Fatal(err)
		}
		var dump bytes.Buffer
		zip := gzip.NewWriter(&dump)
		write(zip)
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		mustWriteFile(t, filepath.Join(dir, engine.dump), dump.String())
		text, err := json.MarshalIndent(clients, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		mustWriteFile(t, filepath.Join(dir, "clients.json"), string(text)+"\n")
	}
}

// must fails the test if an operation failed.
func must[T any](t *testing.T) func(out T, err error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// fillRelease fills a database by the API.
func (s *storedServer) fillRelease(now time.Time) releaseClients {
	s.t.Helper()
	ctx, c := s.t.Context(), releaseClients{Now: now}
	pool := must[*api.CreateUserPoolOutput](s.t)(s.CreateUserPool(ctx, &api.CreateUserPoolInput{
		PoolName: "people", AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
	}))
	c.PoolID = pool.UserPool.Id
	must[*api.SetUserPoolMfaConfigOutput](s.t)(s.SetUserPoolMfaConfig(ctx, &api.SetUserPoolMfaConfigInput{
		UserPoolId: c.PoolID, MfaConfiguration: api.UserPoolMfaTypeOptional,
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	}))
	client := must[*api.CreateUserPoolClientOutput](s.t)(s.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: c.PoolID, ClientName: "app", ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	}))
	c.ClientID = client.UserPoolClient.ClientId
	for _, name := range []string{"password", "software-token", "unfinished"} {
		must[*api.AdminCreateUserOutput](s.t)(s.AdminCreateUser(ctx, &api.AdminCreateUserInput{
			UserPoolId: c.PoolID, Username: name, MessageAction: api.MessageActionTypeSuppress,
		}))
		must[*api.AdminSetUserPasswordOutput](s.t)(s.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
			UserPoolId: c.PoolID, Username: name, Password: releasePass, Permanent: new(true),
		}))
		tokens := must[*api.InitiateAuthOutput](s.t)(s.signInAt(c, name, releasePass)).AuthenticationResult
		if name == "password" {
			c.AccessToken, c.RefreshToken = tokens.AccessToken, tokens.RefreshToken
			continue
		}
		secret := must[*api.AssociateSoftwareTokenOutput](s.t)(s.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: tokens.AccessToken})).SecretCode
		key := must[[]byte](s.t)(totp.Decode(secret))
		must[*api.VerifySoftwareTokenOutput](s.t)(s.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{AccessToken: tokens.AccessToken, UserCode: totp.Code(key, now)}))
		must[*api.SetUserMFAPreferenceOutput](s.t)(s.SetUserMFAPreference(ctx, &api.SetUserMFAPreferenceInput{
			AccessToken: tokens.AccessToken, SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
		}))
		c.SoftwareToken += secret + " "
	}
	c.Session = must[*api.InitiateAuthOutput](s.t)(s.signInAt(c, "unfinished", releasePass)).Session
	must[*api.SignUpOutput](s.t)(s.SignUp(ctx, &api.SignUpInput{
		ClientId: c.ClientID, Username: "unconfirmed", Password: releasePass, UserAttributes: []api.AttributeType{{Name: "email", Value: "unconfirmed@example.com"}},
	}))
	c.SignUpCode = s.code("unconfirmed@example.com")
	return c
}

func (s *storedServer) signInAt(c releaseClients, name, password string) (*api.InitiateAuthOutput, error) {
	return s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{
		ClientId: c.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
}

// This build upgrades the database of each release, and its users can sign in.
func TestReleases(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(releases, "v*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("releases = %v, %v", folders, err)
	}
	for _, folder := range folders {
		for _, engine := range releaseEngines {
			t.Run(filepath.Base(folder)+"/"+engine.name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(folder, engine.name)
				text, err := os.ReadFile(filepath.Join(dir, "clients.json"))
				if err != nil {
					t.Fatal(err)
				}
				var c releaseClients
				if err := json.Unmarshal(text, &c); err != nil {
					t.Fatal(err)
				}
				file, err := os.Open(filepath.Join(dir, engine.dump))
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				zip := must[*gzip.Reader](t)(gzip.NewReader(file))
				dump := must[[]byte](t)(io.ReadAll(zip))
				// A code of a software token works once, and the one at the time of the database was used.
				s, _ := startRelease(t, engine.open(t, dump), c.Now.Add(time.Minute))
				s.useRelease(c)
			})
		}
	}
}

// useRelease does what clients of the database can do.
func (s *storedServer) useRelease(c releaseClients) {
	ctx, now := s.t.Context(), c.Now.Add(time.Minute)
	if out, err := s.signInAt(c, "password", releasePass); err != nil || out.AuthenticationResult == nil {
		s.t.Errorf("InitiateAuth(password) = %+v, %v, want tokens", out, err)
	}
	if _, err := s.signInAt(c, "password", "wrong"); !errors.Is(err, api.NotAuthorizedException("")) {
		s.t.Errorf("InitiateAuth(wrong password) = %v, want NotAuthorizedException", err)
	}
	client := newSRPClient(s.t)
	begun, err := s.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: c.ClientID, AuthFlow: api.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{"USERNAME": "password", "SRP_A": client.A()},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	_, poolName, _ := strings.Cut(c.PoolID, "_")
	signature, timestamp, err := client.Respond(srp.Identity{PoolName: poolName, Username: begun.ChallengeParameters["USER_ID_FOR_SRP"]}, releasePass, srp.Challenge{
		Salt: begun.ChallengeParameters["SALT"], B: begun.ChallengeParameters["SRP_B"], SecretBlock: begun.ChallengeParameters["SECRET_BLOCK"],
	}, now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.answer(c.ClientID, begun.ChallengeName, begun.Session, map[string]string{
		"USERNAME": "password", "PASSWORD_CLAIM_SECRET_BLOCK": begun.ChallengeParameters["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
	}, "")
	secrets := strings.Fields(c.SoftwareToken)
	begun = must[*api.InitiateAuthOutput](s.t)(s.signInAt(c, "software-token", releasePass))
	for i, signIn := range []struct{ name, session string }{{"software-token", begun.Session}, {"unfinished", c.Session}} {
		key := must[[]byte](s.t)(totp.Decode(secrets[i]))
		s.answer(c.ClientID, api.ChallengeNameTypeSoftwareTokenMfa, signIn.session, map[string]string{
			"USERNAME": signIn.name, "SOFTWARE_TOKEN_MFA_CODE": totp.Code(key, now),
		}, "")
	}
	if out, err := s.GetUser(ctx, &api.GetUserInput{AccessToken: c.AccessToken}); err != nil || out.Username != "password" {
		s.t.Errorf("GetUser() = %+v, %v, want password", out, err)
	}
	out, err := s.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: c.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": c.RefreshToken},
	})
	if err != nil || out.AuthenticationResult == nil {
		s.t.Errorf("InitiateAuth(REFRESH_TOKEN_AUTH) = %+v, %v, want tokens", out, err)
	}
	if _, err := s.ConfirmSignUp(ctx, &api.ConfirmSignUpInput{ClientId: c.ClientID, Username: "unconfirmed", ConfirmationCode: c.SignUpCode}); err != nil {
		s.t.Errorf("ConfirmSignUp() = %v", err)
	}
}
