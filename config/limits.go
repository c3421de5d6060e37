package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// LimitSettings are the limits on requests. Several servers on one database share each figure.
type LimitSettings struct {
	// RateLimits says whether the requests of an account are limited by categories of operations. Default off.
	RateLimits RateLimits `koanf:"rate_limits"`
	// AddressLimits is LimitsOn or LimitsOff: whether unsigned requests are limited by the address of the client, and by pool.
	// Default LimitsOn in Serve, LimitsOff in Dev. Without it the settings below have no effect.
	AddressLimits string `koanf:"address_limits"`
	// AddressLimitsExempt lists addresses and prefixes whose requests are not counted: offices and back ends.
	AddressLimitsExempt Hosts `koanf:"address_limits_exempt"`
	// AddressRequests is the number of unsigned requests per second from one IPv4 address or IPv6 /64. Default 50.
	AddressRequests int `koanf:"address_requests"`
	// AddressBurst is the number of such requests at the same time. Default 100.
	AddressBurst int `koanf:"address_burst"`
	// AddressSignUps is the number of sign-ups from an address per hour. Default 20.
	AddressSignUps int `koanf:"address_sign_ups"`
	// AddressFailures is the number of wrong passwords and codes from an address per hour. Default 100.
	AddressFailures int `koanf:"address_failures"`
	// AddressNames is the number of different usernames that may fail to sign in from an address in ten minutes. Default 20.
	AddressNames int `koanf:"address_names"`
	// PoolLimit is the number of unsigned requests per second of one user pool. Default 500.
	PoolLimit int `koanf:"pool_limit"`
	// MaxConnections is the number of connections of clients that a server has at the same time. Default 10000.
	MaxConnections int `koanf:"max_connections"`
	// UnconfirmedRetention is how long users are kept who have signed up and not confirmed. Default 0: forever.
	UnconfirmedRetention time.Duration `koanf:"unconfirmed_retention"`
	// DeletedRetention is how long deleted users, app clients and user pools can be restored. 0 means never. Default 168h (a week)
	// in Serve, 0 in Dev.
	DeletedRetention time.Duration `koanf:"deleted_retention"`
}

// The values of AddressLimits, and of RateLimits besides rates.
const (
	LimitsOn  = "on"
	LimitsOff = "off"
	LimitsAWS = "aws"
)

// RateLimits is LimitsOff, LimitsAWS, or a list of rates: "UserRead=300". Categories that it does not name have the rates of AWS. As
// text it is separated by commas.
type RateLimits []string

// UnmarshalText reads the list from a flag or a variable.
func (l *RateLimits) UnmarshalText(text []byte) error { return (*Hosts)(l).UnmarshalText(text) }

// Off reports whether no rate is limited.
func (l RateLimits) Off() bool { return slices.Equal(l, RateLimits{LimitsOff}) }

// Rates returns the rates in the list, by category.
func (l RateLimits) Rates() map[string]int {
	rates := make(map[string]int)
	for _, item := range l {
		category, text, ok := strings.Cut(item, "=")
		if rate, err := strconv.Atoi(text); ok && err == nil {
			rates[category] = rate
		}
	}
	return rates
}

func (l RateLimits) check(p *Problems, categories []string) {
	if l.Off() || slices.Equal(l, RateLimits{LimitsAWS}) {
		return
	}
	if len(l) == 0 {
		p.add("rate_limits: must be %s, %s or rates like UserAuthentication=200", LimitsOff, LimitsAWS)
	}
	seen := make(names)
	for _, item := range l {
		category, text, _ := strings.Cut(item, "=")
		rate, err := strconv.Atoi(text)
		switch {
		case err != nil:
			p.add("rate_limits: %q is neither %s, %s nor a rate like UserAuthentication=200", item, LimitsOff, LimitsAWS)
		case !slices.Contains(categories, category):
			p.add("rate_limits: %q is not a category of operations; use one of %s", category, strings.Join(categories, ", "))
		case rate < 1 || rate > highestLimit:
			p.add("rate_limits: %q is not between 1 and %d requests per second", item, highestLimit)
		default:
			seen.add(p, "rate_limits", category)
		}
	}
}

func (l *LimitSettings) checkLimits(p *Problems) {
	l.RateLimits.check(p, rateCategories)
	if l.AddressLimits != LimitsOn && l.AddressLimits != LimitsOff {
		p.add("address_limits: %q is neither %s nor %s", l.AddressLimits, LimitsOn, LimitsOff)
	}
	l.AddressLimitsExempt.checkPrefixes(p, "address_limits_exempt")
	if l.MaxConnections < 1 || l.MaxConnections > highestLimit {
		p.add("max_connections: %d is not between 1 and %d", l.MaxConnections, highestLimit)
	}
	if l.UnconfirmedRetention != 0 && (l.UnconfirmedRetention < time.Hour || l.UnconfirmedRetention > maxRetention) {
		p.add("unconfirmed_retention: %v is not between 1h and %v (0 keeps unconfirmed users)", l.UnconfirmedRetention, maxRetention)
	}
	if l.DeletedRetention != 0 && (l.DeletedRetention < time.Hour || l.DeletedRetention > maxRetention) {
		p.add("deleted_retention: %v is not between 1h and %v (0 deletes for good)", l.DeletedRetention, maxRetention)
	}
	for _, figure := range []struct {
		name  string
		value int
	}{
		{"address_requests", l.AddressRequests},
		{"address_burst", l.AddressBurst},
		{"address_sign_ups", l.AddressSignUps},
		{"address_failures", l.AddressFailures},
		{"address_names", l.AddressNames},
		{"pool_limit", l.PoolLimit},
	} {
		if figure.value < 1 || figure.value > highestLimit {
			p.add("%s: %d is not between 1 and %d; to turn these limits off, set address_limits: %s", figure.name, figure.value, highestLimit, LimitsOff)
		}
	}
}

// rateCategories are the categories of operations. A test compares them with package cognate.
var rateCategories = []string{
	"UserAuthentication", "UserCreation", "UserFederation", "UserAccountRecovery", "UserRead", "UserUpdate", "UserToken",
	"UserResourceRead", "UserResourceUpdate", "UserList", "UserPoolRead", "UserPoolUpdate", "UserPoolResourceRead",
	"UserPoolResourceUpdate", "UserPoolClientRead", "UserPoolClientUpdate", "ClientAuthentication", "LimitManagement",
}

// RateCategories returns the categories of operations whose rates can be set.
func RateCategories() []string { return slices.Clone(rateCategories) }
