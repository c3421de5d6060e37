package notify

import (
	"cmp"
	"html"
	"strings"
	"unicode"

	"cognate"
	"cognate/api"
	"cognate/trigger"
)

// The default texts of pools.
const (
	verificationSubject = "Confirm it is you"
	verificationText    = "Your confirmation code is {####}."
	linkText            = "Confirm your account: {##Confirm##}"
	invitationSubject   = "Your new account"
	invitationText      = "An account was made for you. Username: {username} Temporary password: {####}"
	signInSubject       = "Your sign-in code"
	signInText          = "Your sign-in code is {####}."
	noticeSubject       = "You already have an account"
	noticeText          = "Someone tried to create an account with this address, but you already have one. Sign in, or reset your " +
		"password. If it was not you, you can ignore this message."
	noticeSMS = "Someone tried to create an account with this number, but you already have one. Sign in, or ignore this message."
)

// errNoDomain rejects messages with links of a pool without a domain, to which the links would go. The text is the service's, "use
// pool" included (docs/behaviour.md §4.1).
var errNoDomain = api.InvalidParameterException("Cannot perform specific action because there does not exist a valid use pool " +
	"domain associated with the user pool")

// Verification returns the message that verifies a contact or resets a password: with a code, or with a link if the pool's emails to
// new users have links. Errors: InvalidParameterException if the pool's emails have links, and link leads nowhere.
//
// Assumed: only the emails that confirm a new user have links. Those that verify a changed attribute have codes.
func Verification(pool *cognate.UserPool, kind Kind, to Recipient, code string, link Link) (Message, error) {
	var t api.VerificationMessageTemplateType
	if template := pool.VerificationMessageTemplate; template != nil {
		t = *template
	}
	if to.Medium == api.DeliveryMediumTypeSms {
		return compose(pool, kind, to, "", cmp.Or(t.SmsMessage, verificationText), code), nil
	}
	byLink := confirmsByLink(pool) && kind != KindForgotPassword
	if byLink && link.Page == "" {
		return Message{}, errNoDomain
	}
	if byLink && (kind == KindSignUp || kind == KindResendCode) {
		m := compose(pool, kind, to, cmp.Or(t.EmailSubjectByLink, verificationSubject), cmp.Or(t.EmailMessageByLink, linkText), code)
		m.Link = link.to(to.Username, code)
		m.Body = fillLink(m.Body, m.Link)
		return m, nil
	}
	subject, body := cmp.Or(t.EmailSubject, verificationSubject), cmp.Or(t.EmailMessage, verificationText)
	return compose(pool, kind, to, subject, body, code), nil
}

// Invitation returns the message with the temporary password of a user that an administrator created.
func Invitation(pool *cognate.UserPool, to Recipient, password string) Message {
	var t api.MessageTemplateType
	if template := pool.InviteMessageTemplate; template != nil {
		t = *template
	}
	if to.Medium == api.DeliveryMediumTypeSms {
		return compose(pool, KindAdminCreateUser, to, "", cmp.Or(t.SMSMessage, invitationText), password)
	}
	subject, body := cmp.Or(t.EmailSubject, invitationSubject), cmp.Or(t.EmailMessage, invitationText)
	return compose(pool, KindAdminCreateUser, to, subject, body, password)
}

// Authentication returns the message with the code of a second factor.
func Authentication(pool *cognate.UserPool, to Recipient, code string) Message {
	if to.Medium == api.DeliveryMediumTypeSms {
		return compose(pool, KindAuthentication, to, "", cmp.Or(pool.SMSAuthenticationMessage, signInText), code)
	}
	var t api.EmailMfaConfigType
	if pool.MFA.Email != nil {
		t = *pool.MFA.Email
	}
	return compose(pool, KindAuthentication, to, cmp.Or(t.Subject, signInSubject), cmp.Or(t.Message, signInText), code)
}

// AlreadySignedUp returns the message for a user with whose contact someone tries to sign up. It has no code.
func AlreadySignedUp(pool *cognate.UserPool, to Recipient) Message {
	if to.Medium == api.DeliveryMediumTypeSms {
		return compose(pool, KindAlreadySignedUp, to, "", noticeSMS, "")
	}
	return compose(pool, KindAlreadySignedUp, to, noticeSubject, noticeText, "")
}

func compose(pool *cognate.UserPool, kind Kind, to Recipient, subject, body, code string) Message {
	return Message{
		PoolID: pool.ID, Sub: to.Sub, Username: to.Username, Medium: to.Medium, Destination: to.Destination, Kind: kind,
		Subject: oneLine(fill(to.Username, code).Replace(subject)), Body: fillBody(to.Medium, to.Username, code).Replace(body), Code: code,
	}
}

// oneLine returns a subject without line ends and other control characters of its template, so that no sender writes another
// header by mistake.
func oneLine(subject string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, subject))
}

// fillBody replaces the placeholders of a message's text. An email is HTML, and users may choose names that are markup.
func fillBody(medium api.DeliveryMediumType, username, code string) *strings.Replacer {
	if medium == api.DeliveryMediumTypeEmail {
		return fill(html.EscapeString(username), html.EscapeString(code))
	}
	return fill(username, code)
}

// fill replaces a template's placeholders in one pass, so that a username that looks like a placeholder stays as it is.
func fill(username, code string) *strings.Replacer {
	return strings.NewReplacer(trigger.CodePlaceholder, code, trigger.UsernamePlaceholder, username)
}
