package risk

import (
	"context"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// The signals of a risk. docs/risk.md has them in a table.
const (
	lastSignIns     = 50               // good sign-ins with which a new one is compared
	window          = 10 * time.Minute // of the failures
	userFailures    = 5
	networkFailures = 20
)

// Points of the signals, and the points from which a level begins.
const (
	newDevice, newNetwork, manyFailures = 1, 1, 2
	newCountry, tooFast                 = 2, 4
	low, medium, high                   = 2, 3, 4
)

// Assess sets the risk of a new sign-in whose first factor is proven. deviceKey is the device that the request names; it may be
// empty. The first sign-in of a user has no risk, and neither has one from a skipped address.
func (s *Service) Assess(ctx context.Context, tx *store.Tx, e *cognate.AuthEvent, a Actor, deviceKey string) error {
	e.RiskDecision = api.RiskDecisionTypeNoRisk
	if isShort(deviceKey) {
		e.DeviceKey = deviceKey // so that feedback can make the device known, also if the sign-in is blocked
	}
	if !cognate.OriginFrom(ctx).IsProxy && a.Pool.RiskConfigurationOf(a.Client).Skips(e.IPAddress) {
		return nil
	}
	known, err := tx.KnownOrigins(ctx, e.PoolID, e.Sub, lastSignIns)
	if err != nil || len(known) == 0 {
		return err
	}
	failures, err := s.failures(ctx, tx, e)
	if err != nil {
		return err
	}
	e.RiskLevel = levelOf(novelty(e, deviceKey, known) + travel(e, known) + failures)
	if e.RiskLevel != "" {
		e.RiskDecision = api.RiskDecisionTypeAccountTakeover
	}
	return nil
}

// novelty returns the points for a device and for a network that the user has not signed in from.
func novelty(e *cognate.AuthEvent, deviceKey string, known []store.KnownOrigin) int {
	points := 0
	if !slices.ContainsFunc(known, func(o store.KnownOrigin) bool {
		if deviceKey != "" {
			return o.DeviceKey == deviceKey
		}
		return o.Device == e.Device
	}) {
		points += newDevice
	}
	if e.Network != "" && !slices.ContainsFunc(known, func(o store.KnownOrigin) bool { return o.Network == e.Network }) {
		points += newNetwork
	}
	return points
}

// failures returns the points for failed attempts of the user and of the network.
func (s *Service) failures(ctx context.Context, tx *store.Tx, e *cognate.AuthEvent) (int, error) {
	since := s.Now().Add(-window)
	points := 0
	n, err := tx.UserFailures(ctx, e.PoolID, e.Sub, firstID(since))
	if err != nil {
		return 0, err
	}
	if n >= userFailures {
		points += manyFailures
	}
	if e.Network == "" {
		return points, nil
	}
	n, err = tx.NetworkFailures(ctx, e.PoolID, e.Network, since, networkFailures)
	if err != nil {
		return 0, err
	}
	if n >= networkFailures {
		points += manyFailures
	}
	return points, nil
}

func levelOf(points int) api.RiskLevelType {
	switch {
	case points >= high:
		return api.RiskLevelTypeHigh
	case points >= medium:
		return api.RiskLevelTypeMedium
	case points >= low:
		return api.RiskLevelTypeLow
	default:
		return ""
	}
}
