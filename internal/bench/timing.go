package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"cognate/api"
)

// The samples of a comparison. Each one has a name of its own, because the limits act after five requests of one name.
const (
	timingWarmUp = 40
	timingPause  = 3 * time.Millisecond // the server sends the message of the request before
	maxZ         = 3.0
)

// comparison is an operation whose time must not show whether a name has a user.
type comparison struct {
	name string
	once func(ctx context.Context, c *api.Client, p pool, username string) error
}

var comparisons = []comparison{
	{"ForgotPassword", func(ctx context.Context, c *api.Client, p pool, username string) error {
		_, err := c.ForgotPassword(ctx, &api.ForgotPasswordInput{ClientId: p.clientID, Username: username})
		return err
	}},
	{"ResendConfirmationCode", func(ctx context.Context, c *api.Client, p pool, username string) error {
		_, err := c.ResendConfirmationCode(ctx, &api.ResendConfirmationCodeInput{ClientId: p.clientID, Username: username})
		return err
	}},
	{"ConfirmSignUp", func(ctx context.Context, c *api.Client, p pool, username string) error {
		_, err := c.ConfirmSignUp(ctx, &api.ConfirmSignUpInput{ClientId: p.clientID, Username: username, ConfirmationCode: "wrong"})
		return onlyRefused(err, api.CodeCodeMismatchException)
	}},
	{"ConfirmForgotPassword", func(ctx context.Context, c *api.Client, p pool, username string) error {
		_, err := c.ConfirmForgotPassword(ctx, &api.ConfirmForgotPasswordInput{
			ClientId: p.clientID, Username: username, ConfirmationCode: "wrong", Password: "Another-horse-1",
		})
		return onlyRefused(err, api.CodeCodeMismatchException)
	}},
}

// onlyRefused returns nil if err is the API error with the code.
func onlyRefused(err error, code string) error {
	if errors.Is(err, &api.Error{Code: code}) {
		return nil
	}
	return fmt.Errorf("answer is %w, want %s", err, code)
}

// compareTimes measures each comparison for users and for unknown names, in turn and in random order, on a server that sends
// email. It prints the difference and z, the number of standard errors by which the ranks of the times differ
// (Mann-Whitney). Errors: errFailed if |z| is 3 or more.
func compareTimes(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir, "")
	if err != nil {
		return err
	}
	defer s.remove()
	mail, err := acceptMessages(ctx, s)
	if err != nil {
		return err
	}
	defer mail.Close()
	if err := s.startOn(ctx, apiData, ""); err != nil {
		return err
	}
	failed := false
	fmt.Fprintf(out, "%-24s %8s %10s %10s %8s\n", "operation", "samples", "user", "unknown", "z")
	for _, m := range comparisons {
		user, unknown, err := sample(ctx, s, o.samples, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		z := rankZ(user, unknown)
		failed = failed || math.Abs(z) >= maxZ
		fmt.Fprintf(out, "%-24s %8d %10s %10s %8.2f\n", m.name, len(user), milliseconds(median(user)), milliseconds(median(unknown)), z)
	}
	if failed {
		return errFailed
	}
	return nil
}

// acceptMessages starts a receiver of the server's messages, and adds it to the server's settings.
func acceptMessages(ctx context.Context, s *server) (*http.Server, error) {
	var how net.ListenConfig
	listener, err := how.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	receiver := &http.Server{
		Handler:           http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		ReadHeaderTimeout: time.Second,
	}
	go func() { _ = receiver.Serve(listener) }()
	extra := "email_sender: webhook\nemail_from: bench@example.com\nwebhook_url: http://" + listener.Addr().String() +
		"\nwebhook_secret_file: " + s.path("webhook.secret") + "\n"
	return receiver, errors.Join(
		os.WriteFile(s.path("cognate.yaml"), []byte(settings+extra), 0o600),
		os.WriteFile(s.path("webhook.secret"), []byte("bench-bench-bench-bench-bench-bench"), 0o600),
	)
}

// sample returns the times of n users and of n unknown names.
func sample(ctx context.Context, s *server, n int, m comparison) (user, unknown []time.Duration, err error) {
	c := s.client(1)
	p, err := createSignUpPool(ctx, c, m.name == "ForgotPassword" || m.name == "ConfirmForgotPassword")
	if err != nil {
		return nil, nil, err
	}
	for i := range n + timingWarmUp {
		if err := p.create(ctx, c, fmt.Sprintf("user-%04d", i)); err != nil {
			return nil, nil, err
		}
	}
	time.Sleep(time.Second) // the messages of the sign-ups are sent
	for i := range n + timingWarmUp {
		forms := []string{"user-%04d", "none-%04d"}
		rand.Shuffle(2, func(i, j int) { forms[i], forms[j] = forms[j], forms[i] })
		for _, form := range forms {
			time.Sleep(timingPause)
			name, began := fmt.Sprintf(form, i), time.Now()
			if err := m.once(ctx, c, p.pool, name); err != nil {
				return nil, nil, err
			}
			took := time.Since(began)
			switch {
			case i < timingWarmUp:
			case name[0] == 'u':
				user = append(user, took)
			default:
				unknown = append(unknown, took)
			}
		}
	}
	return user, unknown, nil
}

// signUpPool is a pool that verifies email addresses, with a client that hides users.
type signUpPool struct {
	pool
	confirmed bool // the users are confirmed
}

func createSignUpPool(ctx context.Context, c *api.Client, confirmed bool) (*signUpPool, error) {
	created, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{
		PoolName: "bench", AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
	})
	if err != nil {
		return nil, err
	}
	client, err := c.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: created.UserPool.Id, ClientName: "bench", PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
	})
	if err != nil {
		return nil, err
	}
	return &signUpPool{pool{created.UserPool.Id, client.UserPoolClient.ClientId}, confirmed}, nil
}

// create creates a user with an email address, which is verified if the user is confirmed.
func (p *signUpPool) create(ctx context.Context, c *api.Client, username string) error {
	email := api.AttributeType{Name: "email", Value: username + "@example.com"}
	if !p.confirmed {
		_, err := c.SignUp(ctx, &api.SignUpInput{
			ClientId: p.clientID, Username: username, Password: password, UserAttributes: []api.AttributeType{email},
		})
		return err
	}
	_, err := c.AdminCreateUser(ctx, &api.AdminCreateUserInput{
		UserPoolId: p.id, Username: username, MessageAction: api.MessageActionTypeSuppress,
		UserAttributes: []api.AttributeType{email, {Name: "email_verified", Value: "true"}},
	})
	if err != nil {
		return err
	}
	_, err = c.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
		UserPoolId: p.id, Username: username, Password: password, Permanent: new(true),
	})
	return err
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// rankZ returns by how many standard errors a is slower than b: the normal form of the Mann-Whitney statistic, which slow
// answers of a busy machine do not dominate.
func rankZ(a, b []time.Duration) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}
