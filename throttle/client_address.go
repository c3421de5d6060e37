package throttle

import (
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// Address is where the unsigned requests of a client come from, with the limits on wrong passwords and codes from there. All pools
// count together. A request without an Address is not limited by address: it is signed, or its client has proven its secret.
type Address struct {
	// Network is an IPv4 address or an IPv6 network.
	Network string
	// WrongPerHour is how many wrong passwords and codes may come from the network within an hour of the first one.
	WrongPerHour int
	// Names is how many usernames may fail to sign in from the network within ten minutes of the first failure.
	Names int
	// Limited, if not nil, is called with the name of a limit that rejects a request.
	Limited func(limit string)

	// counted is the transaction that has counted the failure, so that a step that checks a code and locks its user counts once.
	counted *store.Tx
}

// The names of the limits, for Address.Limited.
const (
	LimitWrong = "address_failures"
	LimitNames = "address_names"
)

// namesWindow is the time for which the usernames of failed sign-ins are counted together.
const namesWindow = 10 * time.Minute

// The rows of addresses belong to no pool.
const noPool = ""

// The kinds of counts by the network of a client.
const (
	addressWrong Kind = "address-wrong"
	addressNames Kind = "address-names"
)

type clientAddressKey struct{}

// WithAddress returns a context that carries the address of a client.
func WithAddress(ctx context.Context, a *Address) context.Context {
	return context.WithValue(ctx, clientAddressKey{}, a)
}

func addressFrom(ctx context.Context) *Address {
	a, _ := ctx.Value(clientAddressKey{}).(*Address)
	return a
}

// attempts is where counts are read: a transaction or the store.
type attempts interface {
	TwoAttempts(ctx context.Context, poolID, first, second string) (a, b store.Attempts, err error)
}

// requireFree returns an error if the address has reached a limit. It does not lock the counts: countWrong decides about a wrong
// password or code. A right one is refused too, so that an attacker does not learn that it is right.
// Errors: TooManyRequestsException.
func (a *Address) requireFree(ctx context.Context, from attempts, now time.Time) error {
	if a == nil {
		return nil
	}
	hash := hashed(a.Network)
	wrong, names, err := from.TwoAttempts(ctx, noPool, addressWrong.key(hash), addressNames.key(hash))
	switch {
	case err != nil:
		return err
	case a.WrongPerHour <= 0 || now.Before(wrong.LockedUntil) && wrong.Failures >= a.WrongPerHour:
		return a.refuse(LimitWrong)
	case a.Names <= 0 || now.Before(names.LockedUntil) && names.Failures >= a.Names:
		return a.refuse(LimitNames)
	}
	return nil
}

func (a *Address) refuse(limit string) error {
	if a.Limited != nil {
		a.Limited(limit)
	}
	return api.ErrRateExceeded
}

// countWrong counts a wrong password or code. Errors: TooManyRequestsException over the limit, instead of the answer that it was
// wrong.
func (a *Address) countWrong(ctx context.Context, tx *store.Tx, now time.Time) error {
	if a == nil || a.counted == tx {
		return nil
	}
	a.counted = tx
	c, err := lockCount(ctx, tx, noPool, addressWrong.key(hashed(a.Network)), a.WrongPerHour, time.Hour, now)
	if err != nil {
		return err
	}
	if c.exceeded() {
		return a.refuse(LimitWrong)
	}
	return c.add(ctx)
}

// countName counts the name of a failed sign-in, if it has not failed from the network in this window. The key is that of the user
// or of the username. Errors: as countWrong.
func (a *Address) countName(ctx context.Context, tx *store.Tx, poolID, key string, now time.Time) error {
	if a == nil {
		return nil
	}
	hash := hashed(a.Network)
	c, err := lockCount(ctx, tx, noPool, addressNames.key(hash), a.Names, namesWindow, now)
	if err != nil {
		return err
	}
	if c.exceeded() {
		return a.refuse(LimitNames)
	}
	name := addressNames.key(hash + "/" + hashed(poolID+"/"+key))
	seen, err := tx.LockAttempts(ctx, noPool, name)
	if err != nil || seen.LockedUntil.Equal(c.uses.LockedUntil) {
		return err
	}
	err = tx.SaveAttempts(ctx, noPool, name, store.Attempts{Failures: 1, LastFailed: now, LockedUntil: c.uses.LockedUntil})
	if err != nil {
		return err
	}
	return c.add(ctx)
}

// CountUnknown counts a sign-in with a username that has no user, where the answer says so and nothing else counts it. The key is
// that of the username. Errors: TooManyRequestsException.
func CountUnknown(ctx context.Context, st *store.Store, poolID, key string, now time.Time) error {
	a := addressFrom(ctx)
	if a == nil {
		return nil
	}
	return st.Write(ctx, func(tx *store.Tx) error {
		if err := a.requireFree(ctx, tx, now); err != nil {
			return err
		}
		if err := a.countWrong(ctx, tx, now); err != nil {
			return err
		}
		return a.countName(ctx, tx, poolID, key, now)
	})
}

// RequireFree returns an error if too many failures came from the address of the client, before an answer that shows that a
// username has a user. Errors: TooManyRequestsException.
func RequireFree(ctx context.Context, st *store.Store, now time.Time) error {
	a := addressFrom(ctx)
	if a == nil {
		return nil
	}
	return a.requireFree(ctx, st, now)
}
