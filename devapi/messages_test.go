package devapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

type mail struct {
	Messages []notify.StoredMessage
	Cursor   int64
}

// mustSignUp signs up a user, who receives a code.
func mustSignUp(p *cognatetest.UserPool, t *testing.T, name string) {
	t.Helper()
	cognatetest.Try(signUp(p, t, name)).Of(t)
}

func signUp(p *cognatetest.UserPool, t *testing.T, name string) (*api.SignUpOutput, error) {
	return p.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: p.ClientID, Username: name, Password: cognatetest.Password,
		UserAttributes: []api.AttributeType{{Name: "email", Value: name + "@example.com"}},
	})
}

// mustMailPool returns a pool that verifies email addresses.
func mustMailPool(t *testing.T) *cognatetest.UserPool {
	t.Helper()
	return cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
}

func TestMessages(t *testing.T) {
	t.Parallel()
	p := mustMailPool(t)
	for _, name := range []string{"ann", "bob", "cy"} {
		mustSignUp(p, t, name)
	}
	for query, want := range map[string]string{
		"":                                    "ann bob cy",
		"destination=BOB@example.com":         "bob",
		"pool=" + p.PoolID:                    "ann bob cy",
		"pool=us-east-1_Other":                "",
		"kind=SignUp&medium=EMAIL":            "ann bob cy",
		"kind=ForgotPassword":                 "",
		"medium=SMS":                          "",
		"after=2":                             "cy",
		"after=1&destination=bob@example.com": "bob",
	} {
		got := mustCall[mail](t, p.Server, "GET", "messages?"+query, "")
		var names []string
		for _, m := range got.Messages {
			names = append(names, strings.TrimSuffix(m.Destination, "@example.com"))
		}
		if strings.Join(names, " ") != want || got.Cursor != 3 {
			t.Errorf("messages?%s = %v, cursor %d, want %q, 3", query, names, got.Cursor, want)
		}
	}
	mustCall[any](t, p.Server, "DELETE", "messages", "")
	if got := mustCall[mail](t, p.Server, "GET", "messages", ""); len(got.Messages) != 0 || got.Cursor != 3 {
		t.Errorf("messages after DELETE = %+v, want none, and the cursor as it was", got)
	}
}

// A test that passes the ID of the previous message reads every message once, both existing and later ones.
func TestNextMessage(t *testing.T) {
	t.Parallel()
	p := mustMailPool(t)
	const rounds = 5
	done := make(chan string)
	go func() {
		var codes []string
		var after int64
		for range rounds {
			m := mustCall[notify.StoredMessage](t, p.Server, "GET", fmt.Sprintf("messages/next?after=%d&destination=%s&timeout=30",
				after, url.QueryEscape("ann@example.com")), "")
			codes, after = append(codes, m.Code), m.ID
		}
		done <- strings.Join(codes, " ")
	}()
	mustSignUp(p, t, "ann")
	mustSignUp(p, t, "bob")
	for range rounds - 1 {
		p.Must(t).ResendConfirmationCode(&api.ResendConfirmationCodeInput{
			ClientId: p.ClientID, Username: "ann",
		})
		p.Clock.Advance(time.Hour) // the number of messages to an address is limited
	}
	var want []string
	for _, m := range p.Mailbox.Messages("ann@example.com") {
		want = append(want, m.Code)
	}
	if got := <-done; got != strings.Join(want, " ") {
		t.Errorf("codes read = %s, want %v", got, want)
	}
	if status, body := call(t, p.Server, "GET", "messages/next?destination=unknown@example.com&timeout=0.05", ""); status != http.StatusNotFound {
		t.Errorf("a message that doesn't come = %d %s, want 404", status, body)
	}
}

func TestFailNext(t *testing.T) {
	t.Parallel()
	p := mustMailPool(t)
	mustCall[any](t, p.Server, "POST", "messages/failures", `{"Count":2,"Destination":"ann@example.com","Text":"The post is on strike."}`)
	mustCall[any](t, p.Server, "POST", "messages/failures", `{"Medium":"SMS"}`)
	mustSignUp(p, t, "bob")
	_, err := signUp(p, t, "ann")
	cognatetest.WantError(t, "SignUp", err, api.CodeDeliveryFailureException("The post is on strike."))
	resend := func() error {
		_, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: "ann"})
		return err
	}
	cognatetest.WantError(t, "ResendConfirmationCode", resend(), api.CodeDeliveryFailureException("The post is on strike."))
	if err := resend(); err != nil {
		t.Errorf("ResendConfirmationCode(third) = %v, want no error", err)
	}
	mustCall[any](t, p.Server, "POST", "messages/failures", `{}`)
	mustCall[any](t, p.Server, "DELETE", "messages/failures", "")
	mustSignUp(p, t, "cy")
}
