package throttle

import (
	"context"
	"net/netip"
	"time"

	"cognate"
	"cognate/store"
)

// CountRegistration counts a registration of an app client from an IP address. The addresses of one IPv6 network count together,
// because one computer has all of them, and so do all requests of which the address is not known.
// Errors: ErrExceeded.
func (l Limits) CountRegistration(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) error {
	return take(ctx, tx, poolID, addressKey(registerClient, address), l.RegistrationsPerHour, ErrExceeded, now)
}

// CountDevice counts the start of a device authorization from an IP address, as CountRegistration does. Errors: ErrExceeded.
func (l Limits) CountDevice(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) error {
	return take(ctx, tx, poolID, addressKey(startDevice, address), l.DevicesPerHour, ErrExceeded, now)
}

// CountPushedRequest counts a pushed authorization request of a client that anyone can use from an IP address, as CountRegistration
// does. Errors: ErrExceeded.
func (l Limits) CountPushedRequest(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) error {
	return take(ctx, tx, poolID, addressKey(pushRequest, address), l.PushedRequestsPerHour, ErrExceeded, now)
}

// AcquireUserCodes locks the count of the wrong user codes of devices that were entered at an IP address. Addresses count together as in
// CountRegistration. Errors: ErrExceeded, for right codes too, after WrongUserCodesPerHour wrong codes.
func (l Limits) AcquireUserCodes(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) (*UserCodeGuesses, error) {
	c, err := lockCount(ctx, tx, poolID, addressKey(userCode, address), l.WrongUserCodesPerHour, time.Hour, now)
	if err != nil {
		return nil, err
	}
	if c.exceeded() {
		return nil, ErrExceeded
	}
	return &UserCodeGuesses{c}, nil
}

// UserCodeGuesses is the count of wrong user codes from an IP address, locked until the transaction ends.
type UserCodeGuesses struct{ count }

// Count counts a wrong code. The caller commits the transaction (store.CommitWith).
func (g *UserCodeGuesses) Count(ctx context.Context) error { return g.add(ctx) }

func addressKey(kind Kind, address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Unmap().Is6() {
		address = cognate.CustomerNetwork(ip).String()
	}
	return kind.key(hashed(address))
}
