package notify

import (
	"cmp"
	"net/url"
	"time"

	"cognate"
	"cognate/api"
)

// Reaction is what a pool has done about a risky sign-in.
type Reaction string

// The reactions. The names are those of ACCOUNT_TAKE_OVER_ACTION in the event of a custom sender.
const (
	Blocked  Reaction = "BLOCK"
	AskedMFA Reaction = "MFA"
	NoAction Reaction = "NO_ACTION"
)

// Takeover is what an email about a risky sign-in says.
type Takeover struct {
	Event    *cognate.AuthEvent
	Reaction Reaction
	Token    string    // for feedback
	Expires  time.Time // of the token
	// Domain is the address of the pages of the pool, without a slash at the end. It is empty if the pool has no domain: then the
	// email has no links.
	Domain string
}

// loginTime is the form of {login-time}, in UTC.
// Assumed: the form of {login-time} is "Fri, 27 Nov 2026 09:30:00 UTC".
const loginTime = time.RFC1123

// feedbackPath is the path of the page at the pool's domain to which the links of an email lead.
// Assumed: the path and the parameters of the links for feedback in emails about risky sign-ins.
const feedbackPath = "/feedback"

// link returns the link with which the user gives feedback; empty if the pool has no domain. The name in it is the username, which
// every pool accepts.
func (t *Takeover) link(user *cognate.User, value api.FeedbackValueType) string {
	if t.Domain == "" {
		return ""
	}
	return t.Domain + feedbackPath + "?" + url.Values{
		"user_name": {user.Username}, "event_id": {t.Event.ID}, "feedback_token": {t.Token}, "feedback_value": {string(value)},
	}.Encode()
}

// takeoverText is the subject of an email, and the first sentence of its text.
type takeoverText struct{ subject, first string }

// takeoverTexts are the default texts of emails about risky sign-ins.
var takeoverTexts = map[Reaction]takeoverText{
	Blocked:  {"We blocked a sign-in to your account", "We blocked a sign-in to your account because it was unusual."},
	AskedMFA: {"An unusual sign-in to your account", "There was an unusual sign-in to your account. We asked for a second factor."},
	NoAction: {"An unusual sign-in to your account", "There was an unusual sign-in to your account."},
}

// body returns the default body for an email, with or without links.
func (t takeoverText) body(hasLinks bool) string {
	body := t.first + "\n\nUsername: {username}\nTime: {login-time}\nDevice: {device-name}\nAddress: {ip-address}\nPlace: {city}, {country}\n\n"
	if !hasLinks {
		return body + "If it was not you, change your password."
	}
	return body + "If it was you, open this link:\n{one-click-link-valid}\n\n" +
		"If it was not you, change your password, and open this link:\n{one-click-link-invalid}"
}

// AccountTakeover returns the email to a user about a risky sign-in. Source: docs/behaviour.md §5.10, §6.3.
// Assumed: the event of a custom sender also has the attributes of the user. ACCOUNT_TAKE_OVER_ACTION names the kind of email.
// Assumed: the default subjects and texts of emails about risky sign-ins. Without NotifyConfiguration they have the sender of the
// pool. A template with one body sends it in both forms if it is text. A city or country that is not known is "unknown".
func AccountTakeover(r cognate.ClientRequest, user *cognate.User, t Takeover) *Notification {
	settings := r.Pool.RiskConfigurationOf(r.Client).Notification()
	template := map[Reaction]*api.NotifyEmailType{
		Blocked: settings.BlockEmail, AskedMFA: settings.MfaEmail, NoAction: settings.NoActionEmail,
	}[t.Reaction]
	if template == nil {
		template = new(api.NotifyEmailType)
	}
	to := At(r.Pool, user, cognate.AttributeEmail, user.Attributes[cognate.AttributeEmail])
	valid, invalid := t.link(user, api.FeedbackValueTypeValid), t.link(user, api.FeedbackValueTypeInvalid)
	values := placeholders{
		"username": to.Username, "event-id": t.Event.ID, "feedback-token": t.Token, "ip-address": t.Event.IPAddress,
		"city": cmp.Or(t.Event.Place.City, cognate.UnknownOrigin), "country": cmp.Or(t.Event.Place.Country, cognate.UnknownOrigin), "login-time": t.Event.Created.UTC().Format(loginTime),
		"device-name": t.Event.DeviceName, "one-click-link-valid": valid, "one-click-link-invalid": invalid,
	}
	text, defaults := template.TextBody, takeoverTexts[t.Reaction]
	if template.HtmlBody == "" && text == "" {
		text = defaults.body(valid != "")
	}
	m := Message{
		PoolID: r.Pool.ID, Sub: to.Sub, Username: to.Username, Medium: to.Medium, Destination: to.Destination, Kind: KindAccountTakeover,
		Subject: oneLine(values.fill(cmp.Or(template.Subject, defaults.subject))), Text: values.fill(text), Code: t.Token, Expires: t.Expires,
		Sender: MessageSender{SourceARN: settings.SourceArn, From: settings.From, ReplyTo: settings.ReplyTo},
	}
	if m.Body = values.fillHTML(template.HtmlBody); m.Body == "" {
		m.Body = values.toHTML(text)
	}
	facts := map[string]string{
		"EVENT_ID": t.Event.ID, "USER_NAME": user.Username, "IP_ADDRESS": t.Event.IPAddress, "ACCOUNT_TAKE_OVER_ACTION": string(t.Reaction),
		"ONE_CLICK_LINK_VALID": valid, "ONE_CLICK_LINK_INVALID": invalid, "LOGIN_TIME": values["login-time"], "FEEDBACK_TOKEN": t.Token,
		"DEVICE_NAME": t.Event.DeviceName,
	}
	for name, value := range map[string]string{"COUNTRY": t.Event.Place.Country, "CITY": t.Event.Place.City} {
		if value != "" {
			facts[name] = value
		}
	}
	return &Notification{ClientRequest: r, Message: m, User: user, facts: facts}
}
