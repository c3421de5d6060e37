package notify

import (
	"cmp"
	"context"
	"strings"
	"time"

	"cognate"
	"cognate/risk"
)

// The default texts of security notices.
const (
	changeSubject = "Your {change} changed"
	changeByUser  = "The {change} of your account {username} changed at {change-time}. The request came from {ip-address} ({device-name}). " +
		"If you did not make this change, contact the support of this application."
	changeByAdmin = "An administrator changed the {change} of your account {username} at {change-time}. " +
		"If you did not expect this change, contact the support of this application."
)

// SecurityNotice returns the email to the user who had an account before changes of it. The context says who has made the changes:
// the notice does not show the address of an administrator.
func SecurityNotice(ctx context.Context, pool *cognate.UserPool, before *cognate.User, changes []cognate.SecurityChange, at time.Time) *Notification {
	to := At(pool, before, cognate.AttributeEmail, before.Attributes[cognate.AttributeEmail])
	names := make([]string, 0, len(changes))
	for _, c := range changes {
		names = append(names, string(c))
	}
	values := placeholders{
		"username": to.Username, "change": strings.Join(names, ", "), "change-time": at.UTC().Format(loginTime), "ip-address": "", "device-name": "",
	}
	text := changeByAdmin
	if cognate.CallerFrom(ctx) == (cognate.Caller{}) {
		text = changeByUser
		origin := cognate.OriginFrom(ctx)
		values["ip-address"] = cmp.Or(origin.IPAddress, cognate.UnknownOrigin)
		values["device-name"] = risk.DeviceName(origin.UserAgent)
	}
	subject := cmp.Or(pool.Tags[cognate.TagSecurityNoticesSubject], changeSubject)
	text = cmp.Or(pool.Tags[cognate.TagSecurityNoticesText], text)
	m := Message{
		PoolID: pool.ID, Sub: to.Sub, Username: to.Username, Medium: to.Medium, Destination: to.Destination, Kind: KindSecurityNotice,
		Subject: oneLine(values.fill(subject)), Text: values.fill(text), Body: values.toHTML(text),
	}
	facts := map[string]string{
		"SECURITY_CHANGE": values["change"], "CHANGE_TIME": values["change-time"], "IP_ADDRESS": values["ip-address"], "DEVICE_NAME": values["device-name"],
	}
	return &Notification{ClientRequest: cognate.ClientRequest{Pool: pool}, Message: m, User: before, facts: facts}
}
