package trigger

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
)

// The placeholders in message texts. Source: Cognito developer guide, Custom message Lambda trigger.
const (
	CodePlaceholder     = "{####}" // of the code or the temporary password
	LinkPlaceholder     = "{##Click Here##}"
	UsernamePlaceholder = "{username}"
)

const invitationKind = "AdminCreateUser"

// Texts are the texts that a function returns for a message. An empty text means the pool's own.
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

// CustomMessage asks the function for the texts of a message of that kind: "SignUp", "AdminCreateUser", "ResendCode",
// "ForgotPassword", "UpdateUserAttribute", "VerifyUserAttribute" or "Authentication". The event does not contain the code.
// A text that lacks a required placeholder is left out, so the user gets the pool's own (docs/behaviour.md §6.4).
func (s *Service) CustomMessage(ctx context.Context, call Call, kind string) (Texts, error) {
	if !call.Pool.HasTrigger(cognate.TriggerCustomMessage) {
		return Texts{}, nil
	}
	request := customMessageRequest{
		UserAttributes: call.userAttributes(), CodeParameter: CodePlaceholder, LinkParameter: LinkPlaceholder,
		ClientMetadata: call.Metadata,
	}
	if kind == invitationKind {
		request.UsernameParameter = new(UsernamePlaceholder)
	}
	var response customMessageResponse
	e := newEvent(&call, "CustomMessage_"+kind, request, response)
	if err := s.invoke(ctx, &call, cognate.TriggerCustomMessage, e, &response); err != nil {
		return Texts{}, err
	}
	texts, err := response.toNoun()
	if err != nil {
		return Texts{}, err
	}
	return s.usable(ctx, &call, kind, texts), nil
}

// Lengths of texts, in characters. Source: Cognito developer guide, Custom message Lambda trigger.
const (
	maxSMS     = 140
	maxEmail   = 20000
	maxSubject = 140
)

// toNoun checks the lengths of the texts, and the subject.
// Assumed: the error for a text that is too long, and for a subject of several lines.
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
	if strings.ContainsFunc(t.Subject, unicode.IsControl) { // the subject becomes a header line
		return Texts{}, errUnrecognizable
	}
	return t, nil
}

// usable returns the texts without those that lack a required placeholder. The subject of such an email is left out too.
// Assumed: every kind of message has the fallback that is reported for invitations. An email with only a link placeholder lacks the
// code, unless the pool's email of this kind has a link.
func (s *Service) usable(ctx context.Context, call *Call, kind string, t Texts) Texts {
	log := func(medium string) {
		s.Log.WarnContext(ctx, "trigger function returned a text without a required placeholder", "pool", call.Pool.ID,
			"trigger", string(cognate.TriggerCustomMessage), "kind", kind, "medium", medium)
	}
	if t.SMS != "" && !hasPlaceholders(kind, t.SMS) {
		log("SMS")
		t.SMS = ""
	}
	if hasLink := call.HasLink && linkPlaceholder.MatchString(t.Email); t.Email != "" && !hasLink && !hasPlaceholders(kind, t.Email) {
		log("EMAIL")
		t.Email, t.Subject = "", ""
	}
	return t
}

// linkPlaceholder matches the place of a link, with any text.
var linkPlaceholder = lazyregexp.New(`\{##[^{}]*[^{}#][^{}]*##\}`)

// hasPlaceholders reports whether a text has the placeholders that its kind of message requires.
func hasPlaceholders(kind, text string) bool {
	return strings.Contains(text, CodePlaceholder) && (kind != invitationKind || strings.Contains(text, UsernamePlaceholder))
}

// CodeSealer encrypts a code for the functions of custom senders, with the key that the pool's KMSKeyID names. The result
// is the code in the event. Several goroutines may call it. Errors: ErrNoKey; any other error is logged and not shown to
// callers.
type CodeSealer interface {
	SealCode(ctx context.Context, pool *cognate.UserPool, code string) (string, error)
}

// SealCode returns ErrNoKey.
func (None) SealCode(context.Context, *cognate.UserPool, string) (string, error) { return "", ErrNoKey }

// ErrNoKey means that the server's operator configured no key for the KMSKeyID. Codes never leave the server unencrypted.
var ErrNoKey = errors.New("no key is configured for this KMSKeyID")

type customSenderRequest struct {
	Type           string            `json:"type"`
	Code           *string           `json:"code"`
	UserAttributes map[string]string `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// sender holds the differences between the two custom senders.
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

// SendCustom sends an encrypted code of that kind to the pool's custom sender function for the medium. An empty code is null. It
// reports whether the pool has such a function. It does not wait for the function's answer (docs/behaviour.md §6.1).
func (s *Service) SendCustom(ctx context.Context, call Call, kind string, medium api.DeliveryMediumType, code string) (bool, error) {
	to := senderOf(medium)
	if !call.Pool.HasTrigger(to.trigger) {
		return false, nil
	}
	sealed, err := s.seal(ctx, &call, code)
	if err != nil {
		return true, s.callError(ctx, &call, to.trigger, err)
	}
	request := customSenderRequest{to.request, sealed, call.userAttributes(), call.Metadata}
	payload, err := encode(newEvent(&call, string(to.trigger)+"_"+kind, request, nil))
	if err != nil {
		return true, err
	}
	_, err = s.callWithRetry(ctx, call.Pool, to.trigger, func(ctx context.Context, function string) ([]byte, error) {
		return nil, s.Invoker.Start(ctx, function, payload)
	})
	if err != nil {
		return true, s.callError(ctx, &call, to.trigger, err)
	}
	return true, nil
}

func (s *Service) seal(ctx context.Context, call *Call, code string) (*string, error) {
	if code == "" {
		return nil, nil
	}
	sealed, err := s.Sealer.SealCode(ctx, call.Pool, code)
	switch {
	case errors.Is(err, ErrNoKey):
		return nil, &InvocationError{Message: "No key is configured to encrypt the code with", Err: err}
	case err != nil:
		return nil, &InvocationError{Message: "The code could not be encrypted", Err: err}
	default:
		return &sealed, nil
	}
}
