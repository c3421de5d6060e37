package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/store/gen"
)

// This file reads and writes whole pools, for package export.

// ReadMoment runs fn in a transaction that sees the database at one moment and cannot change it. Servers continue to write meanwhile.
func (s *Store) ReadMoment(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	return fn(&Tx{q: gen.New(s.dialect.statements(tx)), raw: tx, s: s})
}

// UserPool returns a pool as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) UserPool(ctx context.Context, id string) (*cognate.UserPool, error) {
	row, err := t.q.GetUserPool(ctx, id)
	if err != nil {
		return nil, found("get user pool", err)
	}
	return decodePool(row)
}

// ResourceServers returns all resource servers of a pool.
func (t *Tx) ResourceServers(ctx context.Context, poolID string) ([]*cognate.ResourceServer, error) {
	var all []*cognate.ResourceServer
	for after := ""; ; {
		page, err := resourceServers(ctx, t.q, poolID, after, pageOfAll)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < pageOfAll {
			return all, nil
		}
		after = page[len(page)-1].Identifier
	}
}

// AllGroups returns all groups of a pool in the order of their creation.
func (t *Tx) AllGroups(ctx context.Context, poolID string) ([]*cognate.Group, error) {
	rows, err := t.q.ListAllGroups(ctx, poolID)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	groups := make([]*cognate.Group, 0, len(rows))
	for _, row := range rows {
		groups = append(groups, groupFromRow(row.UserGroup))
	}
	return groups, nil
}

// Appearance is what administrators have changed about the login pages of a pool.
type Appearance struct {
	Customizations []*cognate.UICustomization
	Styles         []*cognate.LoginStyle
	Terms          []*cognate.Terms
	ImageIDs       []string
}

// Appearance returns the appearance of a pool.
func (t *Tx) Appearance(ctx context.Context, poolID string) (*Appearance, error) {
	customizations, customizationErr := t.q.ListAllUICustomizations(ctx, poolID)
	styles, styleErr := t.q.ListAllLoginStyles(ctx, poolID)
	terms, termsErr := t.q.ListAllTerms(ctx, poolID)
	images, imageErr := t.q.ListImageIDs(ctx, poolID)
	if err := errors.Join(customizationErr, styleErr, termsErr, imageErr); err != nil {
		return nil, fmt.Errorf("read appearance: %w", err)
	}
	a := &Appearance{ImageIDs: images}
	for _, row := range customizations {
		c, err := uiCustomizationFromRow(row.UiCustomization)
		if err != nil {
			return nil, err
		}
		a.Customizations = append(a.Customizations, c)
	}
	for _, row := range styles {
		l, err := loginStyleFromRow(row.LoginStyle)
		if err != nil {
			return nil, err
		}
		a.Styles = append(a.Styles, l)
	}
	for _, row := range terms {
		one, err := termsFromRow(row.Term)
		if err != nil {
			return nil, err
		}
		a.Terms = append(a.Terms, one)
	}
	return a, nil
}

// Image is Store.Image as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) Image(ctx context.Context, poolID, id string) (*cognate.Image, error) {
	return image(ctx, t.q, poolID, id)
}

// WholeUser is a user with what belongs to the user.
type WholeUser struct {
	*cognate.User
	Devices  []*cognate.Device
	Passkeys []*cognate.Credential
	Groups   []Membership
}

// Membership is a membership of a user in a group.
type Membership struct {
	GroupKey string // cognate.GroupKey of its name
	Added    time.Time
}

// WholeUsers returns up to limit users of a pool whose subs are after the given one, in order of their subs.
func (t *Tx) WholeUsers(ctx context.Context, poolID, after string, limit int) ([]WholeUser, error) {
	found, err := t.q.ListWholeUsers(ctx, gen.ListWholeUsersParams{PoolID: poolID, AfterSub: after, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users, bySub := make([]WholeUser, len(found)), make(map[string]*WholeUser)
	subs := make([]string, len(found))
	for i, row := range found {
		if users[i].User, err = t.s.userFromRow(row.User); err != nil {
			return nil, err
		}
		subs[i] = row.User.Sub
		bySub[subs[i]] = &users[i]
	}
	err = t.ofUsers(ctx, "devices", poolID, subs, func(r row) error {
		d, err := t.s.deviceFromRow(gen.Device{
			PoolID: poolID, Sub: r.text("sub"), DeviceKey: r.text("device_key"), GroupKey: r.text("group_key"), Name: r.text("name"),
			Sealed: r.bytes("sealed"), Remembered: r.number("remembered"), Trusted: r.number("trusted"), LastIp: r.text("last_ip"),
			CreatedAt: r.number("created_at"), ModifiedAt: r.number("modified_at"), AuthenticatedAt: r.number("authenticated_at"),
		})
		if err == nil {
			u := bySub[d.Sub]
			u.Devices = append(u.Devices, d)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.ofUsers(ctx, "credentials", poolID, subs, func(r row) error {
		c, err := t.s.credentialFromRow(gen.Credential{
			PoolID: poolID, CredentialID: r.text("credential_id"), Sub: r.text("sub"), Document: r.text("document"),
			Sealed: r.bytes("sealed"), SignCount: r.number("sign_count"), CreatedAt: r.number("created_at"),
		})
		if err == nil {
			u := bySub[c.Sub]
			u.Passkeys = append(u.Passkeys, c)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return users, t.ofUsers(ctx, "group_members", poolID, subs, func(r row) error {
		u := bySub[r.text("sub")]
		u.Groups = append(u.Groups, Membership{r.text("name_key"), fromMillis(r.number("created_at"))})
		return nil
	})
}

// ofUsers calls fn with the rows of users in a table, in order of their keys.
func (t *Tx) ofUsers(ctx context.Context, name, poolID string, subs []string, fn func(row) error) error {
	tb := &poolTables[slices.IndexFunc(poolTables, func(tb table) bool { return tb.name == name })]
	for part := range slices.Chunk(subs, maxParams) {
		marks, args := make([]string, len(part)), []any{poolID}
		for i, sub := range part {
			args = append(args, sub)
			marks[i] = "$" + strconv.Itoa(i+2)
		}
		found, err := t.query(ctx, tb, "SELECT * FROM "+name+" WHERE pool_id = $1 AND sub IN ("+strings.Join(marks, ", ")+
			") ORDER BY "+strings.Join(tb.key, ", "), args...)
		if err != nil {
			return err
		}
		for _, values := range found.values {
			if err := fn(row{found.columns, values}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r row) number(column string) int64 {
	n, _ := (*r.at(column)).(int64)
	return n
}

func (r row) bytes(column string) []byte {
	b, _ := (*r.at(column)).([]byte)
	return b
}

// CreateWholeUsers adds many users with what belongs to them. Call it in StagedPool.Write only. The result has the users whose names
// are taken, as that of CreateUsers.
// Errors: ErrExists if a device, a passkey, a membership or a linked identity is not unique.
func (t *Tx) CreateWholeUsers(ctx context.Context, p *cognate.UserPool, users []WholeUser) (map[int]NotCreated, error) {
	var plain []*cognate.User
	var devices, passkeys, members, identities [][]any
	for _, u := range users {
		plain = append(plain, u.User)
		for _, d := range u.Devices {
			sealed, err := t.s.sealDocument(fromDeviceVerifier(d.Verifier), true, deviceAAD(p.ID, u.Sub, d.Key))
			if err != nil {
				return nil, err
			}
			devices = append(devices, []any{
				u.Sub, d.Key, d.GroupKey, d.Name, sealed, bit(d.Remembered), bit(d.Trusted), d.LastIP, millis(d.Created), millis(d.Modified),
				millis(d.Authenticated),
			})
		}
		for _, c := range u.Passkeys {
			document, err := encode("credential", fromCredential(c))
			if err != nil {
				return nil, err
			}
			sealed, err := t.s.sealDocument(fromCredentialKey(c.Key), true, credentialAAD(p.ID, u.Sub, c.ID))
			if err != nil {
				return nil, err
			}
			passkeys = append(passkeys, []any{string(c.ID), u.Sub, document, sealed, int64(c.SignCount), millis(c.Created)})
		}
		for _, m := range u.Groups {
			members = append(members, []any{m.GroupKey, u.Sub, millis(m.Added)})
		}
		for _, i := range u.Identities {
			identities = append(identities, []any{i.ProviderName, i.Attribute, i.Value, u.Sub})
		}
	}
	refused, err := t.CreateUsers(ctx, p, plain)
	if errors.Is(err, errCreateAgain) { // nothing else writes a staged pool
		return nil, ErrExists
	}
	if err != nil || len(refused) > 0 {
		return refused, err
	}
	for _, i := range []struct {
		into string
		rows [][]any
	}{
		{"devices (pool_id, sub, device_key, group_key, name, sealed, remembered, trusted, last_ip, created_at, modified_at, authenticated_at)", devices},
		{"credentials (pool_id, credential_id, sub, document, sealed, sign_count, created_at)", passkeys},
		{"group_members (pool_id, name_key, sub, created_at)", members},
		{"linked_identities (pool_id, provider_name, attribute, value, sub)", identities},
	} {
		err := t.insertAll(ctx, p, manyRows{into: i.into, conflict: "ON CONFLICT DO NOTHING"}, i.rows)
		if errors.Is(err, errCreateAgain) {
			return nil, ErrExists
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// PoolSettings returns the settings of a pool in their stored form.
func PoolSettings(p *cognate.UserPool) (jsontext.Value, error) {
	text, err := encode("user pool", fromUserPool(p))
	return jsontext.Value(text), err
}

// decodeStrictly fills d from a text of another server. It refuses members that d does not have: they would be lost.
func decodeStrictly(text jsontext.Value, d document) error {
	if err := json.Unmarshal(text, d, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	return d.checkForm()
}

// SetPoolSettings sets the settings of a pool from their stored form. Errors: those of package json.
func SetPoolSettings(p *cognate.UserPool, settings jsontext.Value) error {
	var d userPoolDocument
	if err := decodeStrictly(settings, &d); err != nil {
		return err
	}
	d.toUserPool(p)
	return nil
}

// ClientSettings returns the settings of an app client in their stored form.
func ClientSettings(c *cognate.AppClient) (jsontext.Value, error) {
	text, err := encode("app client", fromAppClient(c))
	return jsontext.Value(text), err
}

// SetClientSettings sets the settings of an app client from their stored form. Errors: those of package json.
func SetClientSettings(c *cognate.AppClient, settings jsontext.Value) error {
	var d appClientDocument
	if err := decodeStrictly(settings, &d); err != nil {
		return err
	}
	d.toAppClient(c)
	return nil
}
