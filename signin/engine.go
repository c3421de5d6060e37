package signin

import (
	"time"

	"cognate/account"
	"cognate/authsession"
	"cognate/notify"
	"cognate/passkeys"
	"cognate/passwords"
	"cognate/risk"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
	"cognate/trigger"
)

// Engine runs sign-ins. All fields but Observer are required.
type Engine struct {
	Store     *store.Store
	Subjects  *subject.Finder
	Sessions  *authsession.Sealer
	Tokens    *tokens.Service
	Passwords *passwords.Service
	Passkeys  *passkeys.Service
	Notify    *notify.Service
	Triggers  *trigger.Service
	Users     *account.Service
	Risk      *risk.Service
	Limits    throttle.Limits
	Links     notify.Links
	Now       func() time.Time
	// Observer counts sign-ins; nil for none.
	Observer Observer
}
