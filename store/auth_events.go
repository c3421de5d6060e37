package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"cognate"
	"cognate/store/gen"
)

var authEventTables = []table{{
	name: "auth_events", role: roleTransient, restoring: restoreKeeps, inTrash: true, key: []string{"pool_id", "sub", "event_id"},
	deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
		return q.DeleteUserAuthEvents(ctx, gen.DeleteUserAuthEventsParams{PoolID: poolID, Sub: sub})
	},
}}

// AuthEvents returns up to limit events of a user that are older than the event with the ID before, the newest first. If before
// is empty, it begins with the newest event.
func (s *Store) AuthEvents(ctx context.Context, poolID, sub, before string, limit int) ([]*cognate.AuthEvent, error) {
	if before == "" {
		before = "g" // after all IDs, which are hexadecimal
	}
	rows, err := s.reader.ListAuthEvents(ctx, gen.ListAuthEventsParams{PoolID: poolID, Sub: sub, BeforeID: before, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	events := make([]*cognate.AuthEvent, 0, len(rows))
	for _, row := range rows {
		e, err := authEventFromRow(row.AuthEvent)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// LockAuthEvent returns an event of a user, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockAuthEvent(ctx context.Context, poolID, sub, id string) (*cognate.AuthEvent, error) {
	row, err := t.q.LockAuthEvent(ctx, gen.LockAuthEventParams{PoolID: poolID, Sub: sub, EventID: id})
	if err != nil {
		return nil, found("lock event", err)
	}
	return authEventFromRow(row)
}

// KnownOrigin is where a user has signed in before.
type KnownOrigin struct {
	DeviceKey, Device, Network string
	Created                    time.Time
	Place                      cognate.Place // without names
}

// KnownOrigins returns the origins of the last good sign-ins of a user, the latest first, at most limit.
func (t *Tx) KnownOrigins(ctx context.Context, poolID, sub string, limit int) ([]KnownOrigin, error) {
	rows, err := t.q.ListKnownOrigins(ctx, gen.ListKnownOriginsParams{PoolID: poolID, Sub: sub, Number: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list known origins: %w", err)
	}
	origins := make([]KnownOrigin, 0, len(rows))
	for _, row := range rows {
		origins = append(origins, KnownOrigin{
			DeviceKey: row.DeviceKey, Device: row.Device, Network: row.Network, Created: fromMillis(row.CreatedAt),
			Place: placeFromColumns(row.Country, row.Latitude, row.Longitude),
		})
	}
	return origins, nil
}

// UserFailures returns the number of a user's failed events whose IDs are not before sinceID.
func (t *Tx) UserFailures(ctx context.Context, poolID, sub, sinceID string) (int, error) {
	n, err := t.q.CountUserFailures(ctx, gen.CountUserFailuresParams{PoolID: poolID, Sub: sub, SinceID: sinceID})
	if err != nil {
		return 0, fmt.Errorf("count failures: %w", err)
	}
	return int(n), nil
}

// NetworkFailures returns the number of events that failed since a time in a network, at most limit.
func (t *Tx) NetworkFailures(ctx context.Context, poolID, network string, since time.Time, limit int) (int, error) {
	n, err := t.q.CountNetworkFailures(ctx, gen.CountNetworkFailuresParams{
		PoolID: poolID, Network: network, Since: millis(since), Most: int32(limit),
	})
	if err != nil {
		return 0, fmt.Errorf("count failures: %w", err)
	}
	return int(n), nil
}

// CreateAuthEvent adds an event, and deletes the oldest events of its user beyond the number that is kept. To find them, a
// query reads as many entries of the index as are kept. So with a large number, only some events delete: a user can have about
// a hundredth more.
func (t *Tx) CreateAuthEvent(ctx context.Context, e *cognate.AuthEvent, kept int) error {
	document, err := encode("create event", fromAuthEvent(e))
	if err != nil {
		return err
	}
	err = t.q.CreateAuthEvent(ctx, gen.CreateAuthEventParams{
		PoolID: e.PoolID, Sub: e.Sub, EventID: e.ID, CreatedAt: millis(e.Created), ExpiresAt: millis(e.Expires),
		Known: bit(e.IsKnown()), FailedAt: millis(e.FailedAt), DeviceKey: e.DeviceKey, Device: e.Device, Network: e.Network,
		Country: e.Place.CountryCode, Latitude: millionths(e.Place.Latitude), Longitude: millionths(e.Place.Longitude), Document: document,
	})
	if err == nil && deletesOldEvents(e.ID, kept) {
		err = t.q.DeleteOldAuthEvents(ctx, gen.DeleteOldAuthEventsParams{PoolID: e.PoolID, Sub: e.Sub, Kept: int32(kept)})
	}
	if err != nil {
		return fmt.Errorf("create event: %w", err)
	}
	return nil
}

// deletesOldEvents reports whether an event deletes old ones: about every one in a hundredth of the number that is kept. It
// depends on the ID alone, so that a repeated transaction does the same.
func deletesOldEvents(id string, kept int) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32()%uint32(max(kept/100, 1)) == 0
}

// SaveAuthEvent stores an event again. Errors: ErrNotFound if it was deleted meanwhile.
func (t *Tx) SaveAuthEvent(ctx context.Context, e *cognate.AuthEvent) error {
	document, err := encode("save event", fromAuthEvent(e))
	if err != nil {
		return err
	}
	n, err := t.q.SaveAuthEvent(ctx, gen.SaveAuthEventParams{
		Known: bit(e.IsKnown()), FailedAt: millis(e.FailedAt), DeviceKey: e.DeviceKey, Device: e.Device, Network: e.Network, Document: document,
		PoolID: e.PoolID, Sub: e.Sub, EventID: e.ID,
	})
	return changed("save event", ErrNotFound, n, err)
}

func authEventFromRow(row gen.AuthEvent) (*cognate.AuthEvent, error) {
	e := &cognate.AuthEvent{
		PoolID: row.PoolID, Sub: row.Sub, ID: row.EventID, Created: fromMillis(row.CreatedAt), Expires: fromMillis(row.ExpiresAt),
		FailedAt: fromMillis(row.FailedAt), DeviceKey: row.DeviceKey, Device: row.Device, Network: row.Network,
		Place: placeFromColumns(row.Country, row.Latitude, row.Longitude),
	}
	var d authEventDocument
	if err := decode("event "+row.EventID, row.Document, &d); err != nil {
		return nil, err
	}
	d.toAuthEvent(e)
	return e, nil
}

const million = 1_000_000

// millionths returns degrees in the unit of the columns.
func millionths(degrees float64) int64 { return int64(math.Round(degrees * million)) }

func placeFromColumns(country string, latitude, longitude int64) cognate.Place {
	return cognate.Place{CountryCode: country, Latitude: float64(latitude) / million, Longitude: float64(longitude) / million}
}
