package account

import (
	"context"
	"time"

	"cognate"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// Notices sends users security notices: emails about changes of what protects their accounts. Only pools with the tag
// cognate:security-notices send them.
type Notices struct {
	Notify *notify.Service
	Limits throttle.Limits
	Now    func() time.Time
}

// Changed sends the notice about a locked user after the commit of the transaction. It finds the changes by comparing the user with
// the one that was locked; more are changes that are not stored in the user. The notice goes to the email address that the user had
// before: a changed address may be that of an attacker. A user whose address was not verified gets none.
func (n *Notices) Changed(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *store.LockedUser, more ...cognate.SecurityChange) error {
	if !pool.SendsSecurityNotices() {
		return nil
	}
	before := user.Before()
	if !before.IsVerified(cognate.AttributeEmail) || before.Attributes[cognate.AttributeEmail] == "" {
		return nil
	}
	var allowed []cognate.SecurityChange
	for _, c := range append(changes(before, user.User), more...) {
		ok, err := n.Limits.Allows(ctx, tx, throttle.Notice(c), pool.ID, user.Sub, n.Now())
		if err != nil {
			return err
		}
		if ok {
			allowed = append(allowed, c)
		}
	}
	if len(allowed) > 0 {
		at := n.Now()
		tx.AfterCommit(func() { n.Notify.SendInBackground(ctx, notify.SecurityNotice(ctx, pool, before, allowed, at)) })
	}
	return nil
}

// changes returns what a security notice reports about a changed user. A software token also changes if the user no longer uses it as
// the second factor.
func changes(before, after *cognate.User) []cognate.SecurityChange {
	var found []cognate.SecurityChange
	add := func(differs bool, c cognate.SecurityChange) {
		if differs {
			found = append(found, c)
		}
	}
	add(!samePassword(before.Password, after.Password), cognate.ChangedPassword)
	add(before.Attributes[cognate.AttributeEmail] != after.Attributes[cognate.AttributeEmail], cognate.ChangedEmail)
	add(before.Attributes[cognate.AttributePhone] != after.Attributes[cognate.AttributePhone], cognate.ChangedPhone)
	isOff := before.MFA.IsOn(cognate.FactorSoftwareToken) && !after.MFA.IsOn(cognate.FactorSoftwareToken)
	add(isOff || tokenID(before) != tokenID(after), cognate.ChangedSoftwareToken)
	add(before.Passkeys != after.Passkeys, cognate.ChangedPasskeys)
	return found
}

// tokenID returns the ID of the active software token; empty if there is none.
func tokenID(user *cognate.User) string {
	if user.Tokens.Active == nil {
		return ""
	}
	return user.Tokens.Active.ID
}
