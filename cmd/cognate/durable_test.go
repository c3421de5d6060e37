package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/totp"
	"cognate/config"
	"cognate/internal/pgtest"
	"cognate/internal/testcluster"
)

const (
	testPassword = "Correct-horse-1"
	testSecret   = "correct-horse-battery" // of the access key TEST
)

// database is a database that outlives a server: a folder with an SQLite file, or a PostgreSQL database.
type database struct {
	dir  string
	args []string
}

// onEachDatabase runs a test on an empty database of each kind.
func onEachDatabase(t *testing.T, test func(t *testing.T, p database)) {
	t.Helper()
	// The issuer must not change, so that tokens are valid after a restart on another port.
	args := []string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example"}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, database{t.TempDir(), append(slices.Clip(args), "--data", "data")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, mustUsePostgres(t, args))
	})
}

func mustUsePostgres(t *testing.T, args []string) database {
	t.Helper()
	dir, url := t.TempDir(), pgtest.URL(t)
	if status := run([]string{"master-key", "--out", filepath.Join(dir, "master.key")}, nil, os.Stdout, os.Stderr); status != 0 {
		t.Fatalf("cognate master-key = %d", status)
	}
	return database{dir, append(slices.Clip(args), "--database-url", url, "--master-key-file", "master.key")}
}

// testPool is a user pool on a server, with one app client.
type testPool struct {
	*api.Client
	poolID, clientID string
}

func (p database) mustStart(t *testing.T) *process {
	t.Helper()
	return mustStart(t, p.dir, p.args...)
}

// clientOf returns a client whose clock is that of the server.
func clientOf(p *process) *api.Client {
	now := func() time.Time { return time.Now().Add(clocks[filepath.Base(p.cmd.Path)]) }
	return &api.Client{Endpoint: p.url + "/", Sign: signer(config.AccessKey{ID: "TEST", Secret: testSecret}, "us-east-1", now)}
}

// at returns the same pool on another server, or on the same server after a restart.
func (n testPool) at(p *process) testPool {
	n.Client = clientOf(p)
	return n
}

func mustCreatePool(t *testing.T, p *process, mfa api.UserPoolMfaType) testPool {
	t.Helper()
	return mustCreatePoolWith(t, clientOf(p), mfa)
}

func mustCreatePoolWith(t *testing.T, client *api.Client, mfa api.UserPoolMfaType) testPool {
	t.Helper()
	n := testPool{Client: client}
	ctx := t.Context()
	pool, err := n.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "people"})
	if err != nil {
		t.Fatal(err)
	}
	n.poolID = pool.UserPool.Id
	_, err = n.SetUserPoolMfaConfig(ctx, &api.SetUserPoolMfaConfigInput{
		UserPoolId: n.poolID, MfaConfiguration: mfa, SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	app, err := n.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: n.poolID, ClientName: "app",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.clientID = app.UserPoolClient.ClientId
	return n
}

// createUser creates a user with testPassword.
func (n testPool) createUser(ctx context.Context, username string) error {
	_, err := n.AdminCreateUser(ctx, &api.AdminCreateUserInput{
		UserPoolId: n.poolID, Username: username, MessageAction: api.MessageActionTypeSuppress,
	})
	if err != nil {
		return err
	}
	_, err = n.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
		UserPoolId: n.poolID, Username: username, Password: testPassword, Permanent: new(true),
	})
	return err
}

func (n testPool) signIn(ctx context.Context, username string) (*api.InitiateAuthOutput, error) {
	return n.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: n.clientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": testPassword},
	})
}

func (n testPool) respond(ctx context.Context, username, session string, name api.ChallengeNameType, answers map[string]string) (
	*api.RespondToAuthChallengeOutput, error,
) {
	responses := map[string]string{"USERNAME": username}
	maps.Copy(responses, answers)
	return n.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: n.clientID, ChallengeName: name, Session: session, ChallengeResponses: responses,
	})
}

func (n testPool) giveCode(ctx context.Context, username, session, code string) (*api.RespondToAuthChallengeOutput, error) {
	return n.respond(ctx, username, session, api.ChallengeNameTypeSoftwareTokenMfa, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code})
}

// codeOf returns an authenticator's code, a number of time steps from now.
func codeOf(secret string, steps int) (string, error) {
	key, err := totp.Decode(secret)
	return totp.Code(key, time.Now().Add(time.Duration(steps)*totp.Period)), err
}

// stage is how far the test takes a user. Each stage leaves other data behind.
type stage int

const (
	created    stage = iota // a user with a password
	associated              // with a software token that is not verified
	enrolled                // with a verified and preferred software token
	deleted                 // deleted again
	stages
)

// loadUser is a user whose requests all succeeded.
type loadUser struct {
	stage               stage
	username            string
	accessToken, secret string // set from associated on
	spent               string // the code that verified the token
}

// load creates a user and takes it to a stage.
func (n testPool) load(ctx context.Context, username string, l stage) (p loadUser, err error) {
	p = loadUser{stage: l, username: username}
	if err := n.createUser(ctx, username); err != nil || l == created {
		return p, err
	}
	if l == deleted {
		_, err := n.AdminDeleteUser(ctx, &api.AdminDeleteUserInput{UserPoolId: n.poolID, Username: username})
		return p, err
	}
	in, err := n.signIn(ctx, username)
	if err != nil {
		return p, err
	}
	p.accessToken = in.AuthenticationResult.AccessToken
	token, err := n.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: p.accessToken})
	if err != nil {
		return p, err
	}
	p.secret = token.SecretCode
	if l == associated {
		return p, nil
	}
	return p, n.enrol(ctx, &p)
}

func (n testPool) enrol(ctx context.Context, p *loadUser) (err error) {
	if p.spent, err = codeOf(p.secret, 0); err != nil {
		return err
	}
	_, err = n.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{AccessToken: p.accessToken, UserCode: p.spent})
	if err != nil {
		return err
	}
	_, err = n.SetUserMFAPreference(ctx, &api.SetUserMFAPreferenceInput{
		AccessToken:              p.accessToken,
		SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	return err
}

// check checks that a user still has the data of its stage.
func (n testPool) check(ctx context.Context, p *loadUser) error {
	user, err := n.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: n.poolID, Username: p.username})
	if p.stage == deleted {
		if !errors.Is(err, api.UserNotFoundException("")) {
			return fmt.Errorf("AdminGetUser(deleted) = %w, want UserNotFoundException", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if user.UserStatus != api.UserStatusTypeConfirmed {
		return fmt.Errorf("status is %s, want CONFIRMED", user.UserStatus)
	}
	switch p.stage {
	case associated: // enrol proves that access token, signing key and secret survived
		p.stage = enrolled
		return n.enrol(ctx, p)
	case enrolled:
		return n.checkEnrolled(ctx, p, user)
	default:
		return nil
	}
}

func (n testPool) checkEnrolled(ctx context.Context, p *loadUser, user *api.AdminGetUserOutput) error {
	if !slices.Equal(user.UserMFASettingList, []string{"SOFTWARE_TOKEN_MFA"}) {
		return fmt.Errorf("factors are %q, want the software token", user.UserMFASettingList)
	}
	in, err := n.signIn(ctx, p.username)
	if err != nil {
		return err
	}
	if in.ChallengeName != api.ChallengeNameTypeSoftwareTokenMfa {
		return fmt.Errorf("challenge is %q, want SOFTWARE_TOKEN_MFA", in.ChallengeName)
	}
	_, err = n.giveCode(ctx, p.username, in.Session, p.spent)
	// A code that is too old is a mismatch.
	if !errors.Is(err, api.ExpiredCodeException("")) && !errors.Is(err, api.CodeMismatchException("")) {
		return fmt.Errorf("a spent code = %w, want an error", err)
	}
	return nil
}

// A server is killed under concurrent load, several times. Everything that it answered with 200 is in the database
// afterwards.
func TestKilledServerKeepsData(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db database) {
		server := db.mustStart(t)
		n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
		var users []*loadUser
		rounds := 3
		if os.Getenv(testcluster.EnvFaults) == "1" {
			rounds = 20
		}
		for round := range rounds {
			users = append(users, n.killUnderLoad(t, server, round)...)
			server = db.mustStart(t)
			n = n.at(server)
			for _, p := range users {
				if err := n.check(t.Context(), p); err != nil {
					t.Errorf("round %d: %s: %v", round, p.username, err)
				}
			}
		}
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
}

// killUnderLoad takes users to their stages until enough of them are complete. Then it kills the server while other
// requests run.
func (n testPool) killUnderLoad(t *testing.T, server *process, round int) []*loadUser {
	t.Helper()
	const workers, enough = 6, 24
	var (
		complete atomic.Int32
		mu       sync.Mutex
		users    []*loadUser
		kill     sync.Once
		load     sync.WaitGroup
	)
	for worker := range workers {
		load.Go(func() {
			for i := 0; ; i++ {
				p, err := n.load(t.Context(), fmt.Sprintf("user-%d-%d-%d", round, worker, i), stage(i)%stages)
				if err != nil {
					if problem, ok := errors.AsType[*api.Error](err); ok {
						t.Errorf("%s: %v", p.username, problem)
					}
					return // the server is killed
				}
				mu.Lock()
				users = append(users, &p)
				mu.Unlock()
				if complete.Add(1) == enough {
					kill.Do(server.kill)
				}
			}
		})
	}
	load.Wait()
	kill.Do(server.kill)
	return users
}

// The Session of an unfinished sign-in is valid after a restart, and a spent one stays spent.
func TestRestartKeepsSessions(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db database) {
		server := db.mustStart(t)
		n := mustCreatePool(t, server, api.UserPoolMfaTypeOn)
		restart := func() {
			server.kill()
			server = db.mustStart(t)
			n = n.at(server)
		}
		n.setUp(t, "ines", restart)
	})
}

// setUp signs a new user in through MFA_SETUP. It calls between before each step.
func (n *testPool) setUp(t *testing.T, username string, between func()) {
	t.Helper()
	ctx := t.Context()
	if err := n.createUser(ctx, username); err != nil {
		t.Fatal(err)
	}
	between()
	in, err := n.signIn(ctx, username)
	if err != nil || in.ChallengeName != api.ChallengeNameTypeMfaSetup {
		t.Fatalf("InitiateAuth = %v, %v, want MFA_SETUP", in, err)
	}
	between()
	token, err := n.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{Session: in.Session})
	if err != nil {
		t.Fatal(err)
	}
	between()
	code, err := codeOf(token.SecretCode, 0)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := n.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{Session: token.Session, UserCode: code})
	if err != nil {
		t.Fatal(err)
	}
	between()
	_, err = n.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{Session: in.Session})
	if !errors.Is(err, api.NotAuthorizedException("")) {
		t.Errorf("AssociateSoftwareToken(spent session) = %v, want NotAuthorizedException", err)
	}
	out, err := n.respond(ctx, username, verified.Session, api.ChallengeNameTypeMfaSetup, nil)
	if err != nil || out.AuthenticationResult == nil {
		t.Fatalf("RespondToAuthChallenge(MFA_SETUP) = %v, %v, want tokens", out, err)
	}
	between()
	_, err = n.respond(ctx, username, verified.Session, api.ChallengeNameTypeMfaSetup, nil)
	if !errors.Is(err, api.NotAuthorizedException("")) {
		t.Errorf("RespondToAuthChallenge(spent session) = %v, want NotAuthorizedException", err)
	}
	if _, err := n.GetUser(ctx, &api.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken}); err != nil {
		t.Errorf("GetUser = %v", err)
	}
}

// Two servers on one database act as one: either can continue a sign-in, and a code works once for both.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	db := mustUsePostgres(t, []string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example"})
	servers := []*process{db.mustStart(t), db.mustStart(t)}
	n := mustCreatePool(t, servers[0], api.UserPoolMfaTypeOn)
	steps := 0
	n.setUp(t, "ines", func() {
		steps++
		n = n.at(servers[steps%2])
	})

	if err := n.createUser(t.Context(), "sam"); err != nil {
		t.Fatal(err)
	}
	in, err := n.signIn(t.Context(), "sam")
	if err != nil {
		t.Fatal(err)
	}
	token, err := n.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: in.Session})
	if err != nil {
		t.Fatal(err)
	}
	code, err := codeOf(token.SecretCode, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.VerifySoftwareToken(t.Context(), &api.VerifySoftwareTokenInput{Session: token.Session, UserCode: code}); err != nil {
		t.Fatal(err)
	}
	n.race(t, servers, "sam", token.SecretCode)
}

// race signs a user in on all servers at the same time, with one code.
func (n testPool) race(t *testing.T, servers []*process, username, secret string) {
	t.Helper()
	code, err := codeOf(secret, 1)
	if err != nil {
		t.Fatal(err)
	}
	sessions := make([]string, len(servers))
	for i, s := range servers {
		in, err := n.at(s).signIn(t.Context(), username)
		if err != nil {
			t.Fatal(err)
		}
		sessions[i] = in.Session
	}
	var in atomic.Int32
	var racing sync.WaitGroup
	for i, s := range servers {
		racing.Go(func() {
			_, err := n.at(s).giveCode(t.Context(), username, sessions[len(sessions)-1-i], code)
			if err == nil {
				in.Add(1)
			} else if !errors.Is(err, api.ExpiredCodeException("")) {
				t.Errorf("RespondToAuthChallenge = %v, want tokens or ExpiredCodeException", err)
			}
		})
	}
	racing.Wait()
	if in.Load() != 1 {
		t.Errorf("%d sign-ins with one code got in, want 1", in.Load())
	}
}
