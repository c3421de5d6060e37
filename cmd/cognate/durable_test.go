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
)

const testPassword = "Correct-horse-1"

// place is where data outlives a server: a folder with its SQLite file, or a PostgreSQL database.
type place struct {
	dir  string
	args []string
}

// onEachPlace runs a test on an empty place of each kind.
func onEachPlace(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	// The issuer has to stay the same for tokens to count after a restart on another port.
	args := []string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example"}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, place{t.TempDir(), append(slices.Clip(args), "--data", "data")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, mustUsePostgres(t, args))
	})
}

func mustUsePostgres(t *testing.T, args []string) place {
	t.Helper()
	dir, url := t.TempDir(), pgtest.URL(t)
	if status := run([]string{"master-key", "--out", filepath.Join(dir, "master.key")}, nil, os.Stdout, os.Stderr); status != 0 {
		t.Fatalf("cognate master-key = %d", status)
	}
	return place{dir, append(slices.Clip(args), "--database-url", url, "--master-key-file", "master.key")}
}

// tenant is a pool on a server, with one app client.
type tenant struct {
	*api.Client
	poolID, clientID string
}

func (p place) mustStart(t *testing.T) *process {
	t.Helper()
	return mustStart(t, p.dir, p.args...)
}

func clientOf(p *process) *api.Client {
	return &api.Client{Endpoint: p.url + "/", Sign: signer(config.AccessKey{ID: "TEST", Secret: "test"}, "us-east-1", time.Now)}
}

// at is the same pool on another server, or on the same one after a restart.
func (n tenant) at(p *process) tenant {
	n.Client = clientOf(p)
	return n
}

func mustCreateTenant(t *testing.T, p *process, mfa api.UserPoolMfaType) tenant {
	t.Helper()
	n := tenant{Client: clientOf(p)}
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
	client, err := n.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: n.poolID, ClientName: "app",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.clientID = client.UserPoolClient.ClientId
	return n
}

// createUser creates a user with testPassword.
func (n tenant) createUser(ctx context.Context, username string) error {
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

func (n tenant) signIn(ctx context.Context, username string) (*api.InitiateAuthOutput, error) {
	return n.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: n.clientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": testPassword},
	})
}

func (n tenant) respond(ctx context.Context, username, session string, name api.ChallengeNameType, answers map[string]string) (
	*api.RespondToAuthChallengeOutput, error,
) {
	responses := map[string]string{"USERNAME": username}
	maps.Copy(responses, answers)
	return n.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: n.clientID, ChallengeName: name, Session: session, ChallengeResponses: responses,
	})
}

func (n tenant) giveCode(ctx context.Context, username, session, code string) (*api.RespondToAuthChallengeOutput, error) {
	return n.respond(ctx, username, session, api.ChallengeNameTypeSoftwareTokenMfa, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code})
}

// codeOf returns the code that an authenticator shows some time steps from now.
func codeOf(secret string, steps int) (string, error) {
	key, err := totp.Decode(secret)
	return totp.Code(key, time.Now().Add(time.Duration(steps)*totp.Period)), err
}

// life is how far a user of the load gets. Each kind leaves something else to find again.
type life int

const (
	created    life = iota // user with a password
	associated             // a software token, not verified
	enrolled               // verified, and preferred
	deleted                // gone again
	lives
)

// person is a user whose every request was answered with 200.
type person struct {
	life                life
	username            string
	accessToken, secret string // from associated on
	spent               string // the code that verified the token
}

// live takes a new user through a life.
func (n tenant) live(ctx context.Context, username string, l life) (p person, err error) {
	p = person{life: l, username: username}
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

func (n tenant) enrol(ctx context.Context, p *person) (err error) {
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

// check finds a user again as they were left.
func (n tenant) check(ctx context.Context, p *person) error {
	user, err := n.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: n.poolID, Username: p.username})
	if p.life == deleted {
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
	switch p.life {
	case associated: // the rest of the life proves access token, signing key and secret
		p.life = enrolled
		return n.enrol(ctx, p)
	case enrolled:
		return n.checkEnrolled(ctx, p, user)
	default:
		return nil
	}
}

func (n tenant) checkEnrolled(ctx context.Context, p *person, user *api.AdminGetUserOutput) error {
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
	// With time the code comes to be out of reach, and is then merely wrong.
	if !errors.Is(err, api.ExpiredCodeException("")) && !errors.Is(err, api.CodeMismatchException("")) {
		return fmt.Errorf("a spent code = %w, want it refused", err)
	}
	return nil
}

// Under concurrent load a server is killed, and killed again. Whatever it had answered with 200 is there afterwards.
func TestKilledServerKeepsWhatItAnswered(t *testing.T) {
	t.Parallel()
	onEachPlace(t, func(t *testing.T, place place) {
		server := place.mustStart(t)
		n := mustCreateTenant(t, server, api.UserPoolMfaTypeOptional)
		var people []*person
		for round := range 3 {
			people = append(people, n.killUnderLoad(t, server, round)...)
			server = place.mustStart(t)
			n = n.at(server)
			for _, p := range people {
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

// killUnderLoad takes users through their lives until enough of them are complete, and kills the server while others are under way.
func (n tenant) killUnderLoad(t *testing.T, server *process, round int) []*person {
	t.Helper()
	const workers, enough = 6, 24
	var (
		complete atomic.Int32
		mu       sync.Mutex
		people   []*person
		kill     sync.Once
		load     sync.WaitGroup
	)
	for worker := range workers {
		load.Go(func() {
			for i := 0; ; i++ {
				p, err := n.live(t.Context(), fmt.Sprintf("user-%d-%d-%d", round, worker, i), life(i)%lives)
				if err != nil {
					if refusal, ok := errors.AsType[*api.Error](err); ok {
						t.Errorf("%s: %v", p.username, refusal)
					}
					return // the server is gone
				}
				mu.Lock()
				people = append(people, &p)
				mu.Unlock()
				if complete.Add(1) == enough {
					kill.Do(server.kill)
				}
			}
		})
	}
	load.Wait()
	kill.Do(server.kill)
	return people
}

// The Session of a sign-in under way goes on after a restart, and one that is spent stays spent.
func TestRestartKeepsSessions(t *testing.T) {
	t.Parallel()
	onEachPlace(t, func(t *testing.T, place place) {
		server := place.mustStart(t)
		n := mustCreateTenant(t, server, api.UserPoolMfaTypeOn)
		restart := func() {
			server.kill()
			server = place.mustStart(t)
			n = n.at(server)
		}
		n.setUp(t, "ines", restart)
	})
}

// setUp signs a new user in through MFA_SETUP, calling between before each step.
func (n *tenant) setUp(t *testing.T, username string, between func()) {
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

// Two servers on one database are one service: a sign-in goes on at either, and a code is good once for both.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	place := mustUsePostgres(t, []string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example"})
	servers := []*process{place.mustStart(t), place.mustStart(t)}
	n := mustCreateTenant(t, servers[0], api.UserPoolMfaTypeOn)
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

// race signs a user in at each server at once, with one code.
func (n tenant) race(t *testing.T, servers []*process, username, secret string) {
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
