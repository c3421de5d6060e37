package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"cognate/api"
)

// hangingMail is a mail server that stops to answer: half of its connections after the greeting, and the others when they have sent an
// email. After the close of goesOn it answers.
type hangingMail struct {
	goesOn      chan struct{}
	connections atomic.Int32
	mails       chan string // recipients
}

// newHangingMail starts the server and returns its address.
func newHangingMail(t *testing.T) (h *hangingMail, address string) {
	t.Helper()
	h = &hangingMail{goesOn: make(chan struct{}), mails: make(chan string, 100)}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		if h.connections.Add(1)%2 == 0 {
			<-h.goesOn
		}
		return &hangingSession{server: h}, nil
	}))
	s.Domain = "mail.example.com"
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	return h, listener.Addr().String()
}

type hangingSession struct {
	server *hangingMail
	to     string
}

func (*hangingSession) Mail(string, *gosmtp.MailOptions) error { return nil }

func (s *hangingSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *hangingSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	<-s.server.goesOn
	s.server.mails <- s.to
	return err
}

func (*hangingSession) Reset()        {}
func (*hangingSession) Logout() error { return nil }

// While the mail server hangs on every connection, users sign up and sign in. Its emails arrive after that.
func TestMailHangs(t *testing.T) {
	t.Parallel()
	const (
		users       = 12
		connections = 8                // that the outbox opens at most
		limit       = 10 * time.Second // less than the outbox waits for the mail server
	)
	onEachDatabase(t, func(t *testing.T, db database) {
		mail, address := newHangingMail(t)
		db.args = append(db.args, "--email-sender", "smtp", "--email-from", "people@example.com", "--smtp-address", address, "--smtp-tls", "none")
		server := db.mustStart(t)
		n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
		if _, err := n.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{
			UserPoolId: n.poolID, AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		}); err != nil {
			t.Fatal(err)
		}
		missing := make(map[string]bool)
		signUp := func(i int) {
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			name := fmt.Sprintf("user%d@example.com", i)
			missing[name] = true
			if _, err := n.SignUp(ctx, &api.SignUpInput{
				ClientId: n.clientID, Username: fmt.Sprintf("user%d", i), Password: testPassword,
				UserAttributes: []api.AttributeType{{Name: "email", Value: name}},
			}); err != nil {
				t.Fatalf("SignUp while the mail server hangs = %v", err)
			}
		}
		for i := range users {
			signUp(i)
		}
		mustWait(t, "connections to the mail server", func() bool {
			time.Sleep(10 * time.Millisecond)
			return mail.connections.Load() >= connections
		})
		if err := n.createUser(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			signUp(users + i)
			ctx, stop := context.WithTimeout(t.Context(), limit)
			out, err := n.signIn(ctx, "ann")
			if stop(); err != nil || out.AuthenticationResult == nil {
				t.Fatalf("InitiateAuth while the mail server hangs = %+v, %v", out, err)
			}
		}
		close(mail.goesOn)
		for late := time.After(patience); len(missing) > 0; {
			select {
			case name := <-mail.mails:
				delete(missing, name)
			case <-late:
				t.Fatalf("no email for %v", slices.Collect(maps.Keys(missing)))
			}
		}
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
}
