package risk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/internal/useragent"
	"cognate/logdelivery"
	"cognate/store"
)

// Retention says how long events are kept, and how many of a user.
type Retention struct {
	Age     time.Duration // 0 means MaxAge
	PerUser int           // 0 means MaxPerUser
}

// The defaults of Retention.
const (
	MaxAge     = 2 * 365 * 24 * time.Hour
	MaxPerUser = 10_000
)

// decoyAge is how long events of unknown names stay. They are stored so that an answer for an unknown name takes as long as one
// for a user.
const decoyAge = 10 * time.Minute

// Actor is the user whom an event is about, and the app client of the request.
type Actor struct {
	Pool          *cognate.UserPool
	Client        *cognate.AppClient // nil for a request of an administrator
	Sub, Username string             // of the user or of the decoy
	IsDecoy       bool
}

// NewEvent returns an event that begins now, with the origin that the context names. It is not stored yet.
func (s *Service) NewEvent(ctx context.Context, a Actor, kind api.EventType) (*cognate.AuthEvent, error) {
	now := s.Now()
	id, err := newID(now)
	if err != nil {
		return nil, err
	}
	age := cmp.Or(s.Retention.Age, MaxAge)
	if a.IsDecoy {
		age = min(age, decoyAge)
	}
	origin := cognate.OriginFrom(ctx)
	e := &cognate.AuthEvent{
		PoolID: a.Pool.ID, Sub: a.Sub, ID: id, Created: now, Expires: now.Add(age), Type: kind, IPAddress: origin.IPAddress, Place: s.Locate(origin.IPAddress),
		Timezone: origin.Timezone, DeviceName: DeviceName(origin.UserAgent), Device: deviceOf(origin), Network: networkOf(origin.IPAddress),
	}
	if a.Client != nil {
		e.ClientID = a.Client.ID
	}
	return e, nil
}

// Record stores an event that is finished with its transaction, if the pool has threat protection.
func (s *Service) Record(ctx context.Context, tx *store.Tx, a Actor, kind api.EventType, response api.EventResponseType) error {
	return s.RecordPassword(ctx, tx, a, kind, response, Compromise{})
}

// RecordPassword is Record for a request with a new password. c is the result of its look-up.
func (s *Service) RecordPassword(ctx context.Context, tx *store.Tx, a Actor, kind api.EventType, response api.EventResponseType, c Compromise) error {
	if a.Pool.ThreatProtection() == api.AdvancedSecurityModeTypeOff {
		return nil
	}
	e, err := s.NewEvent(ctx, a, kind)
	if err != nil {
		return err
	}
	e.CompromisedPassword = c.Found
	if c.Blocks {
		e.RiskDecision = api.RiskDecisionTypeBlock
	}
	s.Finish(e, response)
	return s.Create(ctx, tx, a, e)
}

// Finish sets the response of an event.
func (s *Service) Finish(e *cognate.AuthEvent, response api.EventResponseType) {
	e.Response = response
	if response == api.EventResponseTypeFail {
		e.FailedAt = s.Now()
	}
}

// Create stores a new event.
func (s *Service) Create(ctx context.Context, tx *store.Tx, a Actor, e *cognate.AuthEvent) error {
	if err := tx.CreateAuthEvent(ctx, e, cmp.Or(s.Retention.PerUser, MaxPerUser)); err != nil {
		return err
	}
	s.export(ctx, tx, a, e)
	return nil
}

// Save stores a changed event. It does nothing if the event was deleted meanwhile.
func (s *Service) Save(ctx context.Context, tx *store.Tx, a Actor, e *cognate.AuthEvent) error {
	err := tx.SaveAuthEvent(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.export(ctx, tx, a, e)
	return nil
}

// export delivers the record of an event after its transaction, if the pool has a destination for it.
// Assumed: each step that stores an event delivers a record of it. A request with a name that has no user delivers none.
func (s *Service) export(ctx context.Context, tx *store.Tx, a Actor, e *cognate.AuthEvent) {
	c := a.Pool.LogConfigurationOf(api.EventSourceNameUserAuthEvents)
	if c == nil {
		return
	}
	request := logdelivery.Request{
		ID: audit.RequestID(ctx), Username: a.Username, HasContextData: cognate.OriginFrom(ctx).HasContextData,
	}
	tx.AfterCommit(func() {
		record, err := logdelivery.AuthEvent(a.Pool, c, e, request, s.Now())
		if err != nil {
			s.Log.ErrorContext(ctx, "a log record was not made", "pool", a.Pool.ID, "event", e.ID, "error", err)
			return
		}
		if !a.IsDecoy { // whose record is made all the same, because that takes time
			s.Logs.Add(record)
		}
	})
}

// newID returns a UUID of version 7 for a time: later times have greater IDs, and those of one millisecond are in no order.
// Source: RFC 9562 section 5.7.
func newID(now time.Time) (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", err
	}
	id[6] = id[6]&0x0f | 0x70
	return at(id, now).String(), nil
}

// firstID returns an ID that is not greater than those of events since a time.
func firstID(since time.Time) string { return at(uuid.UUID{}, since).String() }

// at returns the ID with a time.
func at(id uuid.UUID, now time.Time) uuid.UUID {
	ms := now.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}

// DeviceName returns the browser and the system in the form of the service: "Chrome 126, Windows 10".
func DeviceName(agent string) string {
	return strings.ReplaceAll(useragent.DeviceType(agent), " / ", ", ")
}

// deviceOf returns what identifies the device of a request without a device key: the ID in EncodedData, or else the browser and
// the system without their versions, which change with each update.
func deviceOf(o cognate.Origin) string {
	if o.DeviceID != "" {
		hash := sha256.Sum256([]byte(o.DeviceID))
		return "id:" + hex.EncodeToString(hash[:16])
	}
	return "agent:" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, useragent.DeviceType(o.UserAgent))
}

// The lengths of the prefixes that are one network.
const (
	bitsV4 = 24
	bitsV6 = 48
)

// networkOf returns the network of an address in CIDR; empty if it is no address.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := bitsV6
	if ip.Is4() {
		bits = bitsV4
	}
	network, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}
