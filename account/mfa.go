package account

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/audit"
)

// Preference is a change of a user's MFA preference.
type Preference struct {
	Factors []FactorSetting
	// Passkey says whether a passkey also counts as the second factor; nil means no change.
	Passkey *bool
}

// FactorSetting is one block of an MFA preference: whether a factor is enabled, and whether the user prefers it.
type FactorSetting struct {
	Factor             cognate.Factor
	Enabled, Preferred bool
}

// SetPreference changes the factors that wanted names, and leaves the others unchanged (docs/behaviour.md §1.4). A change
// ends the user's unfinished sign-ins: they could wait for a factor that is now off, or set up a factor although the user
// now has another one.
// Errors: InvalidParameterException for a factor that the user can't use, for a preferred one that is not enabled, and for two
// preferred ones; api.ErrUserDoesNotExist.
func (f *Factors) SetPreference(ctx context.Context, pool *cognate.UserPool, sub string, wanted Preference) error {
	if err := checkPreferred(wanted.Factors); err != nil {
		return err
	}
	err := f.change(ctx, pool, sub, func(user *cognate.User) error {
		enabled, passkey := slices.Clone(user.MFA.Enabled), user.MFA.Passkey
		for _, s := range wanted.Factors {
			if s.Enabled && !canTurnOn(pool, user, s.Factor) {
				return errCantTurnOn(s.Factor)
			}
			user.MFA.Set(s.Factor, s.Enabled, s.Preferred)
		}
		if err := setPasskey(pool, user, wanted.Passkey); err != nil {
			return err
		}
		if !slices.Equal(enabled, user.MFA.Enabled) || passkey != user.MFA.Passkey {
			user.Stamp++
		}
		return nil
	})
	return audit.Changed(ctx, audit.MFAPreferenceChanged, err)
}

// setPasskey sets whether the user's passkey also counts as the second factor. The pool must allow that, and the user must
// have another second factor, because passkeys get lost. Source: API reference, WebAuthnMfaSettingsType.
// Assumed: the texts for a passkey that cannot be a second factor. UserMFASettingList does not name the passkey.
func setPasskey(pool *cognate.UserPool, user *cognate.User, wanted *bool) error {
	switch {
	case wanted == nil:
		return nil
	case *wanted && !pool.PasskeysAreMultiFactor():
		return api.InvalidParameterException("Passkeys are not configured for MFA in this user pool.")
	case *wanted && len(user.SecondFactors(pool)) == 0:
		return api.InvalidParameterException("Passkey MFA needs another MFA method that is turned on.")
	}
	user.MFA.Passkey = *wanted
	return nil
}

// SetSMS switches text messages on or off as a second factor, for the operations that are older than MFA preferences. The
// preferred factor does not change, unless it is SMS and is switched off. Errors: InvalidParameterException for a user
// without a phone number; api.ErrUserDoesNotExist. Source: API reference, SetUserSettings.
func (f *Factors) SetSMS(ctx context.Context, pool *cognate.UserPool, sub string, on bool) error {
	err := f.change(ctx, pool, sub, func(user *cognate.User) error {
		if on && !canTurnOn(pool, user, cognate.FactorSMS) {
			return errCantTurnOn(cognate.FactorSMS)
		}
		if user.MFA.IsOn(cognate.FactorSMS) != on {
			user.MFA.Set(cognate.FactorSMS, on, false)
			user.Stamp++
		}
		user.MFA.SMSBySettings = on
		return nil
	})
	return audit.Changed(ctx, audit.MFAPreferenceChanged, err)
}

func errCantTurnOn(f cognate.Factor) error {
	return api.InvalidParameterException("User does not have delivery config set to turn on " + string(f))
}

// checkPreferred refuses a preferred factor that is not enabled, and two preferred ones. Source: docs/behaviour.md §1.4.
// Assumed: the texts for a preferred factor that is not enabled, and for two preferred factors in one request.
func checkPreferred(settings []FactorSetting) error {
	preferred := 0
	for _, s := range settings {
		switch {
		case s.Preferred && !s.Enabled:
			return api.InvalidParameterException("An MFA method that is not enabled can't be set as preferred.")
		case s.Preferred:
			preferred++
		}
	}
	if preferred > 1 {
		return api.InvalidParameterException("Only one MFA method can be set as preferred.")
	}
	return nil
}

// canTurnOn reports whether the factor can challenge the user. Email also needs the pool's email configuration, which has
// the text of the message.
func canTurnOn(pool *cognate.UserPool, user *cognate.User, factor cognate.Factor) bool {
	return user.CanProve(factor) && (factor != cognate.FactorEmail || pool.MFA.Email != nil)
}
