// Package notify writes the messages that carry codes and temporary passwords, from the pool's templates, and hands them
// to a sender. It masks destinations for those who asked for the message.
//
// It makes no codes and decides nothing: it sends what it is handed. Callers send after their transaction is committed.
package notify

import (
	"context"
	"log/slog"
	"time"

	"cognate"
	"cognate/api"
)

// Kind is the occasion of a message, by the name of its custom message trigger without "CustomMessage_".
type Kind string

// The kinds. Source: Cognito developer guide, Custom message Lambda trigger.
const (
	KindSignUp              Kind = "SignUp"
	KindResendCode          Kind = "ResendCode"
	KindForgotPassword      Kind = "ForgotPassword"
	KindUpdateUserAttribute Kind = "UpdateUserAttribute"
	KindVerifyUserAttribute Kind = "VerifyUserAttribute"
	KindAdminCreateUser     Kind = "AdminCreateUser"
	KindAuthentication      Kind = "Authentication"
)

// Message is one email or text message, ready to be sent. It holds a secret: it must not be logged, and its LogValue
// leaves the secret out should it happen.
type Message struct {
	PoolID, Sub string
	Username    string                 // as the message names it
	Medium      api.DeliveryMediumType // EMAIL or SMS
	Destination string                 // an email address, or a phone number in E.164
	Kind        Kind
	Subject     string // of an email; empty for SMS
	Body        string // HTML where the pool's template is
	Code        string // the code or temporary password that Body carries
	// Expires is when the code stops working, and the message is not worth sending any more; zero means never.
	Expires time.Time `json:",omitzero"`
}

// LogValue returns what may be logged of a message.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("pool", m.PoolID), slog.String("sub", m.Sub), slog.String("kind", string(m.Kind)),
		slog.String("medium", string(m.Medium)),
	)
}

// Details returns where the message goes, masked, in the shape of the API.
func (m Message) Details() *api.CodeDeliveryDetailsType { return details(m.Medium, m.Destination) }

// Sender takes messages in charge. An implementation that speaks to a network queues, and returns soon: the time of an
// answer must not show whether a message was sent. It may be called from several goroutines.
type Sender interface {
	// Send takes m in charge. An *api.Error is shown to the caller of the operation as it is; any other error is logged,
	// so it must not quote the message.
	Send(ctx context.Context, m Message) error
}

// None is the sender of a server that was given none. It refuses.
type None struct{}

// Send returns a CodeDeliveryFailureException.
func (None) Send(_ context.Context, m Message) error {
	return api.CodeDeliveryFailureException("This server has no sender for " + string(m.Medium) + " messages.")
}

// Recipient is who a message is for, and where it goes.
type Recipient struct {
	Sub         string
	Username    string // as the message names it
	Medium      api.DeliveryMediumType
	Destination string
}

// At returns the user as the recipient of a message to a contact attribute, "email" or "phone_number", with that value.
// Where the stored username is the sub, the message names the contact, by which the user signs in.
func At(pool *cognate.UserPool, user *cognate.User, attribute, value string) Recipient {
	to := Recipient{Sub: user.Sub, Username: user.Username, Medium: MediumOf(attribute), Destination: value}
	if pool.UsesUsernameAttributes() {
		to.Username = value
		for _, a := range pool.UsernameAttributes {
			if login := user.Attributes[string(a)]; login != "" {
				to.Username = login
				break
			}
		}
	}
	return to
}

// MediumOf returns how a contact attribute is reached: SMS for "phone_number", else EMAIL.
func MediumOf(attribute string) api.DeliveryMediumType {
	if attribute == cognate.AttributePhone {
		return api.DeliveryMediumTypeSms
	}
	return api.DeliveryMediumTypeEmail
}
