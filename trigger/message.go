package trigger

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"cognate"
	"cognate/api"
)

// The placeholders in the texts of messages. Source: Cognito developer guide, Custom message Lambda trigger.
const (
	CodePlaceholder     = "{####}" // of the code or the temporary password
	LinkPlaceholder     = "{##Click Here##}"
	UsernamePlaceholder = "{username}"
)

const invitationKind = "AdminCreateUser"

// Texts are the texts that a function writes for a message. An empty one keeps the text of the pool.
type Texts struct {
	SMS, Email, Subject string
}

type customMessageRequest struct {
	UserAttributes    map[string]string `json:"userAttributes"`
	CodeParameter     string            `json:"codeParameter"`
	LinkParameter     string            `json:"linkParameter"`
	UsernameParameter *string           `json:"usernameParameter"`
	ClientMetadata    map[string]string `json:"clientMetadata,omitempty"`
}

type customMessageResponse struct {
	SMSMessage   *string `json:"smsMessage"`
	EmailMessage *string `json:"emailMessage"`
	EmailSubject *string `json:"emailSubject"`
}

// CustomMessage asks for the texts of a message of that kind: "SignUp", "AdminCreateUser", "ResendCode", "ForgotPassword",
// "UpdateUserAttribute", "VerifyUserAttribute" or "Authentication". The code itself is not in the event; a text without
// the place for it would be of no use, and is refused with InvalidLambdaResponseException.
func (s *Service) CustomMessage(ctx context.Context, call Call, kind string) (Texts, error) {
	if !call.Pool.HasTrigger(cognate.TriggerCustomMessage) {
		return Texts{}, nil
	}
	request := customMessageRequest{
		UserAttributes: call.userAttributes(), CodeParameter: CodePlaceholder, LinkParameter: LinkPlaceholder,
		ClientMetadata: call.ClientMetadata,
	}
	if kind == invitationKind {
		request.UsernameParameter = new(UsernamePlaceholder)
	}
	var response customMessageResponse
	e := newEvent(&call, "CustomMessage_"+kind, request, response)
	if err := s.invoke(ctx, &call, cognate.TriggerCustomMessage, e, &response); err != nil {
		return Texts{}, err
	}
	return response.toNoun()
}

// Lengths of texts, in characters. Source: Cognito developer guide, Custom message Lambda trigger.
const (
	maxSMS     = 140
	maxEmail   = 20000
	maxSubject = 140
)

// toNoun checks the texts.
// Assumed: the error for a text that is too long, and for a subject of several lines. In an email a link placeholder counts
// as a code placeholder.
func (r *customMessageResponse) toNoun() (Texts, error) {
	var t Texts
	for _, text := range []struct {
		from *string
		to   *string
		most int
	}{{r.SMSMessage, &t.SMS, maxSMS}, {r.EmailMessage, &t.Email, maxEmail}, {r.EmailSubject, &t.Subject, maxSubject}} {
		if text.from == nil {
			continue
		}
		if utf8.RuneCountInString(*text.from) > text.most {
			return Texts{}, errUnrecognizable
		}
		*text.to = *text.from
	}
	if strings.ContainsFunc(t.Subject, unicode.IsControl) { // it becomes a line of a header
		return Texts{}, errUnrecognizable
	}
	if t.SMS != "" && !strings.Contains(t.SMS, CodePlaceholder) || t.Email != "" && !hasPlace(t.Email) {
		return Texts{}, errUnrecognizable
	}
	return t, nil
}

// hasPlace reports whether an email holds a place for a code or, as "{##text##}", for a link.
func hasPlace(email string) bool {
	_, behind, begun := strings.Cut(email, "{##")
	return begun && strings.Contains(behind, "##}")
}

// CodeSealer encrypts a code for the functions of custom senders, under the key that the pool names by KMSKeyID; the result
// is the code of the event. Errors: ErrNoKey.
type CodeSealer interface {
	SealCode(pool *cognate.UserPool, code string) (string, error)
}

// SealCode refuses.
func (None) SealCode(*cognate.UserPool, string) (string, error) { return "", ErrNoKey }

// ErrNoKey says that the operator of the server maps no key to a KMSKeyID: no code leaves the server in the clear.
var ErrNoKey = errors.New("no key is configured for this KMSKeyID")

type customSenderRequest struct {
	Type           string            `json:"type"`
	Code           string            `json:"code"`
	UserAttributes map[string]string `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// sender is what tells the two custom senders apart.
type sender struct {
	trigger cognate.Trigger
	request string // the type of its requests
}

func senderOf(medium api.DeliveryMediumType) sender {
	if medium == api.DeliveryMediumTypeSms {
		return sender{cognate.TriggerCustomSMSSender, "customSMSSenderRequestV1"}
	}
	return sender{cognate.TriggerCustomEmailSender, "customEmailSenderRequestV1"}
}

// SendCustom hands a code of that kind to the function that sends the pool's messages by that medium, encrypted; it reports
// whether there is one. Nobody waits for what the function makes of it (docs/behaviour.md §6.1).
func (s *Service) SendCustom(ctx context.Context, call Call, kind string, medium api.DeliveryMediumType, code string) (bool, error) {
	to := senderOf(medium)
	if !call.Pool.HasTrigger(to.trigger) {
		return false, nil
	}
	sealed, err := s.seal(&call, code)
	if err != nil {
		return true, s.refuse(ctx, &call, to.trigger, err)
	}
	request := customSenderRequest{to.request, sealed, call.userAttributes(), call.ClientMetadata}
	payload, err := encode(newEvent(&call, string(to.trigger)+"_"+kind, request, nil))
	if err != nil {
		return true, err
	}
	_, err = s.callWithRetry(ctx, call.Pool, to.trigger, func(ctx context.Context, function string) ([]byte, error) {
		return nil, s.Invoker.Start(ctx, function, payload)
	})
	if err != nil {
		return true, s.refuse(ctx, &call, to.trigger, err)
	}
	return true, nil
}

func (s *Service) seal(call *Call, code string) (string, error) {
	sealed, err := s.Sealer.SealCode(call.Pool, code)
	if errors.Is(err, ErrNoKey) {
		return "", &InvocationError{Message: "No key is configured to encrypt the code with", Err: err}
	}
	return sealed, err
}
