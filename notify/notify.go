// Package notify makes the messages with codes and temporary passwords from the pool's templates and gives them to a
// sender. It masks destinations for the API's answers.
//
// It makes no codes and decides nothing: it sends the code that the caller passes. Callers send after their transaction is
// committed.
package notify

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
)

// Kind is the kind of a message: the source of its custom message trigger without "CustomMessage_", or of its custom sender
// without "CustomEmailSender_".
type Kind string

// The kinds. Source: Cognito developer guide, Custom message Lambda trigger; for KindAccountTakeover, Custom email sender Lambda
// trigger.
const (
	KindSignUp              Kind = "SignUp"
	KindResendCode          Kind = "ResendCode"
	KindForgotPassword      Kind = "ForgotPassword"
	KindUpdateUserAttribute Kind = "UpdateUserAttribute"
	KindVerifyUserAttribute Kind = "VerifyUserAttribute"
	KindAdminCreateUser     Kind = "AdminCreateUser"
	KindAuthentication      Kind = "Authentication"
	KindAccountTakeover     Kind = "AccountTakeOverNotification"
)

// KindSecurityNotice is the kind of security notices, which the service does not have. CustomEmailSender is called for it.
const KindSecurityNotice Kind = "SecurityNotice"

// KindAlreadySignedUp is the kind of a message that the service does not have, so no trigger is called for it.
const KindAlreadySignedUp Kind = "AlreadySignedUp"

// KindTest is the kind of a message that an operator sends to try a transport. No trigger is called for it.
const KindTest Kind = "Test"

// NewTest returns a message that an operator sends to try a transport. It belongs to no user pool.
func NewTest(medium api.DeliveryMediumType, destination string) *Delivery {
	m := Message{Medium: medium, Destination: destination, Kind: KindTest, Body: "Cognate can send messages to this address."}
	if medium == api.DeliveryMediumTypeEmail {
		m.Subject = "Test message of Cognate"
	}
	return &Delivery{Message: m, ID: uuid.NewString(), Pool: new(cognate.UserPool)}
}

// Message is one email or text message, ready to be sent. It contains a secret, so do not log it; its LogValue omits the
// secret.
type Message struct {
	PoolID, Sub string
	Username    string                 // as the message shows it
	Medium      api.DeliveryMediumType // EMAIL or SMS
	Destination string                 // an email address, or a phone number in E.164
	Kind        Kind
	Subject     string // for emails; empty for SMS
	Body        string // HTML if the pool's template is
	// Text is the same as Body without markup, for emails that have both forms; empty for other messages.
	Text string `json:",omitzero"`
	Code string // the code, temporary password or feedback token in Body
	// Sender is the sender of the email, in place of that of the pool; the zero value for messages of the pool's sender.
	Sender MessageSender `json:",omitzero"`
	// Link is the URL in Body that confirms a user, with the code; empty in other messages.
	Link string `json:",omitzero"`
	// Expires is when the code expires. After that the message is not sent. Zero means never.
	Expires time.Time `json:",omitzero"`
}

// MessageSender is a sender of emails: an identity in SES, and the addresses that the email shows. From and ReplyTo may be empty.
type MessageSender struct {
	SourceARN string
	From      string `json:",omitzero"`
	ReplyTo   string `json:",omitzero"`
}

// LogValue returns the parts of a message that may be logged.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("pool", m.PoolID), slog.String("sub", m.Sub), slog.String("kind", string(m.Kind)),
		slog.String("medium", string(m.Medium)),
	)
}

// Details returns the destination of the message, masked, as the API's CodeDeliveryDetailsType.
func (m Message) Details() *api.CodeDeliveryDetailsType { return details(m.Medium, m.Destination) }

// Sender sends messages. A sender that uses the network queues the message and returns immediately, because the time of an
// answer must not reveal whether a message was sent. Several goroutines may call it.
type Sender interface {
	// Send accepts m for delivery. The caller of the operation sees an *api.Error unchanged. Any other error is logged, so
	// it must not quote the message.
	Send(ctx context.Context, m Message) error
}

// None is the sender of a server without senders.
type None struct{}

// Send returns a CodeDeliveryFailureException.
func (None) Send(_ context.Context, m Message) error {
	return api.CodeDeliveryFailureException("This server has no sender for " + string(m.Medium) + " messages.")
}

// Recipient is the user that a message is for, and its destination.
type Recipient struct {
	Sub         string
	Username    string // as the message shows it
	Medium      api.DeliveryMediumType
	Destination string
}

// At returns the user as the recipient of a message to a contact attribute, "email" or "phone_number", with that value. If
// the stored username is the sub, the message shows the contact, with which the user signs in.
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

// MediumOf returns the medium for a contact attribute: SMS for "phone_number", otherwise EMAIL.
func MediumOf(attribute string) api.DeliveryMediumType {
	if attribute == cognate.AttributePhone {
		return api.DeliveryMediumTypeSms
	}
	return api.DeliveryMediumTypeEmail
}

// AttributeOf returns the contact attribute for a medium: "phone_number" for SMS, otherwise "email".
func AttributeOf(medium api.DeliveryMediumType) string {
	if medium == api.DeliveryMediumTypeSms {
		return cognate.AttributePhone
	}
	return cognate.AttributeEmail
}
