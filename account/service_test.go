package account_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/authn/argon2id"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/passwords"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/subject"
	"cognate/throttle"
	"cognate/trigger"
)

// broken is a sender that fails.
type broken struct{ err error }

func (b broken) Send(context.Context, notify.Message) error { return b.err }

// world is an account.Service with a store, and without a server.
type world struct {
	*account.Service
	pool   *cognate.UserPool
	client *cognate.AppClient
	log    bytes.Buffer
}

func mustWorld(t *testing.T, sender notify.Sender) *world {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	w := &world{
		pool: &cognate.UserPool{
			ID: "us-east-1_abcdefghi", Schema: cognate.StandardAttributes(),
			PoolVerification: cognate.PoolVerification{AutoVerified: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail}},
		},
		client: &cognate.AppClient{PoolID: "us-east-1_abcdefghi", ID: "client"},
	}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.Service = &account.Service{
		Store: st, Subjects: &subject.Finder{Store: st, DecoyKey: st.DecoyKey()},
		Passwords: &passwords.Service{Hasher: argon2id.NewHasher(1, time.After)},
		Notify:    &notify.Service{Sender: sender, Triggers: new(trigger.Service), Log: log}, Triggers: new(trigger.Service), Limits: throttle.DefaultLimits(),
		Links: notify.Links{Store: st, PublicURL: "https://id.example.com"}, Log: log, Now: func() time.Time { return now },
	}
	return w
}

func (w *world) request() cognate.ClientRequest {
	return cognate.ClientRequest{Pool: w.pool, Client: w.client}
}

func (w *world) signUp(ctx context.Context) error {
	_, _, err := w.SignUp(ctx, &account.Registration{
		ClientRequest: w.request(), Username: "anna", Password: cognatetest.Password,
		Attributes: []api.AttributeType{{Name: "email", Value: "anna@example.com"}},
	})
	return err
}

func TestDeliveryFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sender  notify.Sender
		message string
	}{
		"none configured": {notify.None{}, "This server has no sender for EMAIL messages."},
		"failure":         {broken{errors.New("connection refused")}, "The message could not be delivered."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustWorld(t, tt.sender)
			want := api.CodeDeliveryFailureException(tt.message)
			if err := w.signUp(t.Context()); !errors.Is(err, want) {
				t.Errorf("SignUp() = %v, want %v", err, want)
			}
			user, err := w.Store.FindUser(t.Context(), w.pool, "anna")
			if err != nil || user.Status != api.UserStatusTypeUnconfirmed {
				t.Fatalf("FindUser(after a failed delivery) = %v, %v, want the user", user, err)
			}
			if _, err := w.ResendCode(t.Context(), &account.Request{ClientRequest: w.request(), Username: "anna"}); !errors.Is(err, want) {
				t.Errorf("ResendCode() = %v, want %v", err, want)
			}
			change := &account.AttributeChange{ClientRequest: w.request(), User: user}
			sent := []api.AttributeType{{Name: "email", Value: "other@example.com"}}
			if _, err := w.UpdateAttributes(t.Context(), change, sent); !errors.Is(err, want) {
				t.Errorf("UpdateAttributes() = %v, want %v", err, want)
			}
			change.Client, sent[0].Value = nil, "anna@example.com"
			if _, err := w.UpdateAttributes(t.Context(), change, sent); err != nil {
				t.Errorf("UpdateAttributes(administrator) = %v, want no error: none is declared", err)
			}
			// Only existing users get messages, so a client that hides users must not see that one failed.
			w.client.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
			if details, err := w.ResendCode(t.Context(), &account.Request{ClientRequest: w.request(), Username: "anna"}); err != nil || details.Destination != "a***@e***" {
				t.Errorf("ResendCode(hiding client) = %v, %v, want delivery details", details, err)
			}
			log := w.log.String()
			if !strings.Contains(log, "a message was not sent") || strings.Contains(log, "anna@") || strings.Contains(log, "code is") {
				t.Errorf("log = %s, want the failure, without the message", log)
			}
		})
	}
}

// gone is a sender that ends the caller's request and then reports whether its own context has ended.
type gone struct{ hangUp context.CancelFunc }

func (g gone) Send(ctx context.Context, _ notify.Message) error {
	g.hangUp()
	return ctx.Err()
}

func TestDeliveryOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	w := mustWorld(t, gone{hangUp})
	if err := w.signUp(ctx); err != nil {
		t.Errorf("SignUp(caller hangs up) = %v, want the message sent", err)
	}
}

func TestLinksNeedADomain(t *testing.T) {
	t.Parallel()
	w := mustWorld(t, new(notify.Mailbox))
	if err := w.signUp(t.Context()); err != nil {
		t.Fatalf("SignUp() = %v", err)
	}
	w.pool.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
		DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithLink,
	}
	refused := &api.Error{Code: api.CodeInvalidParameterException}
	_, _, err := w.SignUp(t.Context(), &account.Registration{
		ClientRequest: w.request(), Username: "otto", Password: cognatetest.Password,
		Attributes: []api.AttributeType{{Name: "email", Value: "otto@example.com"}},
	})
	if !errors.Is(err, refused) {
		t.Errorf("SignUp(pool that sends links) = %v, want InvalidParameterException", err)
	}
	if _, err := w.Store.FindUser(t.Context(), w.pool, "otto"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser(after a refused sign-up) = %v, want ErrNotFound", err)
	}
	if _, err := w.ResendCode(t.Context(), &account.Request{ClientRequest: w.request(), Username: "anna"}); !errors.Is(err, refused) {
		t.Errorf("ResendCode(pool that sends links) = %v, want InvalidParameterException", err)
	}
	w.client.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
	for _, name := range []string{"anna", "unknown"} {
		if details, err := w.ResendCode(t.Context(), &account.Request{ClientRequest: w.request(), Username: name}); err != nil || details == nil {
			t.Errorf("ResendCode(%s, hiding client) = %v, %v, want delivery details", name, details, err)
		}
	}
}

// A user without a password can set the first one without a previous one.
func TestFirstPassword(t *testing.T) {
	t.Parallel()
	w := mustWorld(t, new(notify.Mailbox))
	w.pool.FirstFactors = []api.AuthFactorType{api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp}
	user, err := w.Invite(t.Context(), &account.Invitation{ClientRequest: cognate.ClientRequest{Pool: w.pool}, Username: "anna"})
	if err != nil {
		t.Fatalf("Invite() = %v", err)
	}
	change := &account.PasswordChange{Pool: w.pool, User: user, Proposed: cognatetest.Password}
	if err := w.ChangePassword(t.Context(), change); err != nil {
		t.Fatalf("ChangePassword(first password) = %v", err)
	}
	user, err = w.Store.FindUser(t.Context(), w.pool, "anna")
	if err != nil || !user.Password.IsSet() || user.Stamp == 0 {
		t.Errorf("FindUser() = %+v, %v, want a password and a new stamp", user, err)
	}
	// The same request again has a user that is out of date: the stored user has a password.
	if err := w.ChangePassword(t.Context(), change); !errors.Is(err, api.ErrIncorrectPassword) {
		t.Errorf("ChangePassword(as if there was none) = %v, want %v", err, api.ErrIncorrectPassword)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"a@b": true, "anna@example.com": true, "é+tag@bücher.example": true, "o'neil@example.com": true,
		"": false, "anna": false, "@b": false, "a@": false, "a@b@c": false, "a b@c": false, "a@b\r\nBcc: c@d": false,
		"<a@b>": false, "a@b,c": false, "a@b;c": false, "\"a\"@b": false, "a@b\x00": false,
	} {
		if got := account.IsEmail(s); got != want {
			t.Errorf("IsEmail(%q) = %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]bool{
		"+15555559934": true, "+123456789012345": true, "+49": true,
		"": false, "+": false, "+1": false, "+1234567890123456": false, "15555559934": false, "+0555": false, "+1 555": false,
		"+1555\n": false, "+１２３": false,
	} {
		if got := account.IsPhone(s); got != want {
			t.Errorf("IsPhone(%q) = %v, want %v", s, got, want)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, seed := range []string{"a@b", "+4912", "", "@", "a@b@c", "é@ü", "a@b\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		email, phone := account.IsEmail(s), account.IsPhone(s)
		if email && phone {
			t.Errorf("%q is both an email address and a phone number", s)
		}
		if (email || phone) && strings.ContainsAny(s, " \t\r\n\x00<>,;\"") {
			t.Errorf("%q passes, and could break a header", s)
		}
		if email || phone {
			if masked := notify.Mask(s); masked == "" || len(s) > 12 && strings.Contains(masked, s) {
				t.Errorf("Mask(%q) = %q", s, masked)
			}
		}
	})
}

// slow is a sender that counts messages and decoys.
type slow struct{ sent, pretended int }

func (s *slow) Send(context.Context, notify.Message) error {
	s.sent++
	return nil
}

func (s *slow) SendDecoy(context.Context, notify.Message) error {
	s.pretended++
	return nil
}

// For a client that hides users, an unknown name and a user that must not get a message cost the same as a message.
func TestSendingTakesAsLongForDecoys(t *testing.T) {
	t.Parallel()
	sender := new(slow)
	w := mustWorld(t, sender)
	if err := w.signUp(t.Context()); err != nil {
		t.Fatalf("SignUp() = %v", err)
	}
	w.client.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
	for _, tt := range []struct {
		doing, username string
		do              func(context.Context, *account.Request) (*api.CodeDeliveryDetailsType, error)
		want            slow
	}{
		{"ResendCode", "anna", w.ResendCode, slow{sent: 1}},
		{"ResendCode", "unknown", w.ResendCode, slow{pretended: 1}},
		{"ForgotPassword", "anna", w.ForgotPassword, slow{pretended: 1}}, // not confirmed yet
		{"ForgotPassword", "unknown", w.ForgotPassword, slow{pretended: 1}},
	} {
		*sender = slow{}
		details, err := tt.do(t.Context(), &account.Request{ClientRequest: w.request(), Username: tt.username})
		if err != nil || details == nil || *sender != tt.want {
			t.Errorf("%s(%s) = %v, %v with %+v, want details with %+v", tt.doing, tt.username, details, err, *sender, tt.want)
		}
	}
}
