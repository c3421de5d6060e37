package account

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
)

// FactorSetting is one block of an MFA preference: whether the user wants a factor, and wants it first.
type FactorSetting struct {
	Factor             cognate.Factor
	Enabled, Preferred bool
}

// SetPreference changes the factors that settings name and leaves the others as they are (behaviour §1.4). A change ends
// the sign-ins that are on their way: they may wait for a factor that is off, or set one up past another.
// Errors: InvalidParameterException for a factor that the user can't use, or two preferred ones;
// cognate.ErrUserDoesNotExist.
func (f *Factors) SetPreference(ctx context.Context, pool *cognate.UserPool, sub string, settings []FactorSetting) error {
	if err := checkOnePreferred(settings); err != nil {
		return err
	}
	return f.change(ctx, pool, sub, func(user *cognate.User) error {
		before := slices.Clone(user.MFA.Enabled)
		for _, s := range settings {
			if s.Enabled && !canTurnOn(pool, user, s.Factor) {
				return errCantTurnOn(s.Factor)
			}
			user.MFA.Set(s.Factor, s.Enabled, s.Preferred)
		}
		if !slices.Equal(before, user.MFA.Enabled) {
			user.Stamp++
		}
		return nil
	})
}

// SetSMS switches text messages on or off as a second factor, as the API did before there were preferences. What the user
// prefers stays, unless it goes off. Errors: InvalidParameterException for a user without a phone number;
// cognate.ErrUserDoesNotExist. Source: API reference, SetUserSettings.
func (f *Factors) SetSMS(ctx context.Context, pool *cognate.UserPool, sub string, on bool) error {
	return f.change(ctx, pool, sub, func(user *cognate.User) error {
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
}

func errCantTurnOn(f cognate.Factor) error {
	return api.InvalidParameterException("User does not have delivery config set to turn on " + string(f))
}

// checkOnePreferred refuses two preferences in one request. Assumed: the text; only the rule is documented.
func checkOnePreferred(settings []FactorSetting) error {
	preferred := 0
	for _, s := range settings {
		if s.Enabled && s.Preferred {
			preferred++
		}
	}
	if preferred > 1 {
		return api.InvalidParameterException("Only one MFA method can be set as preferred.")
	}
	return nil
}

// canTurnOn reports whether the user can be challenged by the factor. Email needs the pool's configuration, too: it is
// what the message is written by.
func canTurnOn(pool *cognate.UserPool, user *cognate.User, factor cognate.Factor) bool {
	return user.CanProve(factor) && (factor != cognate.FactorEmail || pool.MFA.Email != nil)
}
