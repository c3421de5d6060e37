package devapi

import (
	"context"
	"log/slog"
	"reflect"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/notify"
)

// LogSentMessage is the message of the log line of each sent message. Its attribute "text" is a sentence with the code.
const LogSentMessage = "message sent"

// LogSent returns a function that logs a sent message with its code, as the Sent of notify.Service.
func LogSent(log *slog.Logger) func(context.Context, notify.Message) {
	return func(ctx context.Context, m notify.Message) {
		log.InfoContext(ctx, LogSentMessage, "text", describe(m), "pool", m.PoolID)
	}
}

// describe returns a message in one line: "email to ann@example.com: SignUp code 123456".
func describe(m notify.Message) string {
	return mediumName(m) + " to " + m.Destination + ": " + string(m.Kind) + " " + secretName(m) + " " + m.Code
}

// mediumName returns how a message is sent, as a word.
func mediumName(m notify.Message) string {
	if m.Medium == api.DeliveryMediumTypeSms {
		return "SMS"
	}
	return "email"
}

// secretName returns what the Code of a message is.
func secretName(m notify.Message) string {
	switch m.Kind {
	case notify.KindAdminCreateUser:
		return "temporary password"
	case notify.KindAccountTakeover:
		return "feedback token"
	default:
		return "code"
	}
}

// The attributes that RequestDetails returns.
const (
	AttrClientName = "client_name"
	AttrUsername   = "username"
)

// RequestDetails returns the names of the app client and the user of a request, for the log. The user of an unknown name is
// the name in the input. Input is nil if the request was not decoded.
func (s *API) RequestDetails(ctx context.Context, e *audit.Event, input any) []slog.Attr {
	var details []slog.Attr
	poolID := e.PoolID
	if client, err := s.Store.AppClient(ctx, e.ClientID); err == nil {
		details = append(details, slog.String(AttrClientName, client.Name))
		poolID = client.PoolID
	}
	username := s.usernameOf(ctx, poolID, e.UserSub)
	if username == "" {
		username = typedUsername(input)
	}
	if username != "" {
		details = append(details, slog.String(AttrUsername, username))
	}
	return details
}

// usernameOf returns the name of a user in messages; "" if there is no such user.
func (s *API) usernameOf(ctx context.Context, poolID, sub string) string {
	if sub == "" {
		return ""
	}
	pool, err := s.Store.UserPool(ctx, poolID)
	if err != nil {
		return ""
	}
	user, err := s.Store.User(ctx, poolID, sub)
	if err != nil {
		return "" // the request has deleted the user
	}
	return displayName(pool, user)
}

// displayName returns the name of a user as messages show it.
func displayName(pool *cognate.UserPool, user *cognate.User) string {
	return notify.At(pool, user, "", user.Username).Username
}

// typedUsername returns the username in the input of an operation; "" if it has none.
func typedUsername(input any) string {
	in := reflect.Indirect(reflect.ValueOf(input))
	if in.Kind() != reflect.Struct {
		return ""
	}
	if name := in.FieldByName("Username"); name.Kind() == reflect.String && name.String() != "" {
		return name.String()
	}
	for _, field := range []string{"AuthParameters", "ChallengeResponses"} {
		if values := in.FieldByName(field); values.IsValid() {
			typed, _ := reflect.TypeAssert[map[string]string](values)
			return typed["USERNAME"]
		}
	}
	return ""
}
