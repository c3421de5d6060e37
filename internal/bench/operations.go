package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/api"
	"cognate/authn/totp"
)

const (
	password = "Correct-horse-1"

	starts    = 11  // number of starts for the first answer
	plain     = 200 // number of users without a software token, who sign in with a password
	idleAfter = 3 * time.Second
	poolPace  = 100 * time.Millisecond

	maxFirstAnswer      = 50 // ms, on new data
	maxFirstAnswerAgain = 20 // ms, on existing data
	maxIdle             = 25 // MB
	maxLoaded           = 60 // MB
)

// measureStart measures the time to the first answer of servers that start on new data and on existing data, and the idle memory of
// the last one.
func measureStart(ctx context.Context, s *server, t *table) error {
	for _, c := range []struct {
		name    string
		data    func(i int) string
		ceiling float64
		isLast  bool
	}{
		{"first answer, new data", func(i int) string { return fmt.Sprintf("start-%d", i) }, maxFirstAnswer, false},
		{"first answer, existing data", func(int) string { return "start-0" }, maxFirstAnswerAgain, true},
	} {
		var took []float64
		for i := range starts {
			d, err := s.firstAnswer(ctx, c.data(i))
			if err != nil {
				return err
			}
			took = append(took, float64(d.Microseconds())/1000)
			if c.isLast && i == starts-1 {
				time.Sleep(idleAfter)
				t.below("memory, idle", "MB", residentMB(s.pid()), maxIdle)
			}
			if err := s.stop(); err != nil {
				return err
			}
		}
		slices.Sort(took)
		t.below(c.name, "ms", took[starts/2], c.ceiling)
	}
	return nil
}

// firstAnswer starts the server on the data in a folder, and returns the time to its first answer.
func (s *server) firstAnswer(ctx context.Context, data string) (time.Duration, error) {
	began := time.Now()
	if err := s.startOn(ctx, data, ""); err != nil {
		return 0, err
	}
	_, err := s.client(1).ListUserPools(ctx, &api.ListUserPoolsInput{MaxResults: new(1)})
	return time.Since(began), err
}

// population is the test data: a pool whose users sign in with a password, and a pool whose users have a software token
// each.
type population struct {
	s        *server
	options  options
	password pool
	totp     pool

	accessTokens []string // tokens of the users without a software token
	enrolled     []*enrolledUser
	next         atomic.Int64 // index of the next enrolled user to sign in
	signatures   float64      // that all cores can make in a second, at most
}

type pool struct{ id, clientID string }

type enrolledUser struct {
	name   string
	secret []byte
	mu     sync.Mutex
	last   int64 // the last used time step
}

// populate creates the test data on a server, with enough users with a software token for the time d, and waits for its signing keys.
func populate(ctx context.Context, s *server, o options, d time.Duration) (*population, error) {
	p := &population{s: s, options: o, accessTokens: make([]string, plain), signatures: signaturesAtMost()}
	p.enrolled = make([]*enrolledUser, p.signInsAtMost(d))
	c := s.client(o.workers)
	var err error
	if p.password, err = createPool(ctx, c, api.UserPoolMfaTypeOptional); err != nil {
		return nil, err
	}
	if p.totp, err = createPool(ctx, c, api.UserPoolMfaTypeOn); err != nil {
		return nil, err
	}
	g, creating := errgroup.WithContext(ctx)
	g.SetLimit(o.workers)
	for i := range p.accessTokens {
		g.Go(func() (err error) {
			p.accessTokens[i], err = p.createPlain(creating, c, plainName(i))
			return err
		})
	}
	for i := range p.enrolled {
		g.Go(func() (err error) {
			p.enrolled[i], err = p.createEnrolled(creating, c, fmt.Sprintf("enrolled-%d", i))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("create users: %w", err)
	}
	return p, s.waitForKeys(ctx)
}

func plainName(i int) string { return fmt.Sprintf("plain-%d", i) }

func createPool(ctx context.Context, c *api.Client, mfa api.UserPoolMfaType) (p pool, err error) {
	created, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "bench"})
	if err != nil {
		return p, err
	}
	p.id = created.UserPool.Id
	_, err = c.SetUserPoolMfaConfig(ctx, &api.SetUserPoolMfaConfigInput{
		UserPoolId: p.id, MfaConfiguration: mfa, SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	if err != nil {
		return p, err
	}
	client, err := c.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: p.id, ClientName: "bench",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return p, err
	}
	p.clientID = client.UserPoolClient.ClientId
	return p, nil
}

func createWithoutPassword(ctx context.Context, c *api.Client, p pool, name string) error {
	_, err := c.AdminCreateUser(ctx, &api.AdminCreateUserInput{
		UserPoolId: p.id, Username: name, MessageAction: api.MessageActionTypeSuppress,
	})
	return err
}

func createUser(ctx context.Context, c *api.Client, p pool, name string) error {
	if err := createWithoutPassword(ctx, c, p, name); err != nil {
		return err
	}
	_, err := c.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
		UserPoolId: p.id, Username: name, Password: password, Permanent: new(true),
	})
	return err
}

func signIn(ctx context.Context, c *api.Client, p pool, name string) (*api.InitiateAuthOutput, error) {
	return c.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: p.clientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
}

// createPlain creates a user and returns an access token of the user.
func (p *population) createPlain(ctx context.Context, c *api.Client, name string) (accessToken string, err error) {
	if err := createUser(ctx, c, p.password, name); err != nil {
		return "", err
	}
	in, err := signIn(ctx, c, p.password, name)
	if err != nil {
		return "", err
	}
	return in.AuthenticationResult.AccessToken, nil
}

func (p *population) createEnrolled(ctx context.Context, c *api.Client, name string) (*enrolledUser, error) {
	if err := createUser(ctx, c, p.totp, name); err != nil {
		return nil, err
	}
	in, err := signIn(ctx, c, p.totp, name)
	if err != nil {
		return nil, err
	}
	token, err := c.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{Session: in.Session})
	if err != nil {
		return nil, err
	}
	u := &enrolledUser{name: name}
	if u.secret, err = totp.Decode(token.SecretCode); err != nil {
		return nil, err
	}
	_, err = c.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{Session: token.Session, UserCode: u.code(time.Now())})
	return u, err
}

// code returns the code of the time step of now, and marks it as used. It returns "" if it was used before.
func (u *enrolledUser) code(now time.Time) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.isFresh(now) {
		return ""
	}
	u.last = totp.Step(now)
	return totp.Code(u.secret, now)
}

// isFresh reports whether the user has not used the code of the time step of now. The caller holds the lock, or runs alone.
func (u *enrolledUser) isFresh(now time.Time) bool { return u.last < totp.Step(now) }

// signInsAtMost returns how many users with a software token are needed for the time d: one for each signature. A sign-in needs two.
// libcrypto signs about three times as fast, but signatures are only half of the work of a sign-in.
func (p *population) signInsAtMost(d time.Duration) int { return int(p.signatures * d.Seconds()) }

// waitForCodes waits until as many users can sign in with a code as are needed for the time d. After a time step, all can. Errors:
// errNoMore if there are fewer users.
func (p *population) waitForCodes(ctx context.Context, d time.Duration) error {
	if len(p.enrolled) < p.signInsAtMost(d) {
		return errNoMore
	}
	for {
		now, fresh := time.Now(), 0
		for _, u := range p.enrolled {
			if u.isFresh(now) {
				fresh++
			}
		}
		if fresh >= p.signInsAtMost(d) {
			return nil
		}
		select {
		case <-time.After(now.Truncate(totp.Period).Add(totp.Period).Sub(now)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// measurements returns the rows of the table in order.
func (p *population) measurements() []measurement {
	return []measurement{
		{name: "sign-in, password", once: p.signInByPassword, signIn: true, target: 0.5},
		{name: "sign-in, password and code", once: p.signInByCode, prepare: p.waitForCodes, signIn: true, target: 0.4},
		{name: "AdminGetUser", once: p.adminGetUser, target: 4000},
		{name: "GetUser", once: p.getUser, target: 4000},
		{name: "AssociateSoftwareToken", once: p.associate, target: 1500},
		{name: "CreateUserPool, occasional", once: createPlainPool, pace: poolPace, ceiling: 5 * time.Millisecond},
	}
}

func (p *population) signInByPassword(ctx context.Context, c *api.Client) error {
	out, err := signIn(ctx, c, p.password, plainName(rand.IntN(plain)))
	if err != nil {
		return err
	}
	return mustHaveTokens(out.AuthenticationResult)
}

// signInByCode sends both requests of a sign-in.
func (p *population) signInByCode(ctx context.Context, c *api.Client) error {
	u := p.enrolled[int(p.next.Add(1))%len(p.enrolled)]
	code := u.code(time.Now())
	if code == "" {
		return errNoMore
	}
	in, err := signIn(ctx, c, p.totp, u.name)
	if err != nil {
		return err
	}
	out, err := c.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: p.totp.clientID, ChallengeName: api.ChallengeNameTypeSoftwareTokenMfa, Session: in.Session,
		ChallengeResponses: map[string]string{"USERNAME": u.name, "SOFTWARE_TOKEN_MFA_CODE": code},
	})
	if err != nil {
		return err
	}
	return mustHaveTokens(out.AuthenticationResult)
}

func mustHaveTokens(r *api.AuthenticationResultType) error {
	if r == nil || r.AccessToken == "" || r.IdToken == "" || r.RefreshToken == "" {
		return errors.New("sign-in ended without tokens")
	}
	return nil
}

func (p *population) adminGetUser(ctx context.Context, c *api.Client) error {
	name := plainName(rand.IntN(plain))
	out, err := c.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: p.password.id, Username: name})
	if err != nil {
		return err
	}
	return mustBe(out.Username, name)
}

func (p *population) getUser(ctx context.Context, c *api.Client) error {
	i := rand.IntN(plain)
	out, err := c.GetUser(ctx, &api.GetUserInput{AccessToken: p.accessTokens[i]})
	if err != nil {
		return err
	}
	return mustBe(out.Username, plainName(i))
}

func mustBe(got, want string) error {
	if got != want {
		return fmt.Errorf("user is %q, want %q", got, want)
	}
	return nil
}

func (p *population) associate(ctx context.Context, c *api.Client) error {
	out, err := c.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: p.accessTokens[rand.IntN(plain)]})
	if err != nil {
		return err
	}
	if out.SecretCode == "" {
		return errors.New("no secret")
	}
	return nil
}

func createPlainPool(ctx context.Context, c *api.Client) error {
	_, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "bench"})
	return err
}
