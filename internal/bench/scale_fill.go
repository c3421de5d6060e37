package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/passwords"
	"cognate/risk/geoip/geoiptest"
	"cognate/store"
)

const (
	signers     = 50  // users with a password, each in all groups
	groups      = 100 // of each signer
	protected   = 100 // users with a password of each pool with another mode of threat protection
	batch       = 2000
	busyEvents  = 10_000 // events of a user of the large database
	quietEvents = 100    // and of one of the small database
	half        = "half"
	busy        = "busy"
)

// side is one of two databases that are compared, with its server.
type side struct {
	s       *server
	users   int
	workers int
	data    string       // folder of the data
	remove  func() error // removes the database; nil if there is none
	bytes   float64      // of the database after the fill
	created atomic.Int64 // users of people, by AdminCreateUser

	people pool // with all users
	// modes are the pools with OFF, AUDIT and ENFORCED.
	modes map[api.AdvancedSecurityModeType]pool

	deepPage, lastMembers string // pagination tokens
}

func username(i int) string  { return fmt.Sprintf("user-%07d", i) }
func emailOf(i int) string   { return fmt.Sprintf("user-%07d@example.com", i) }
func phoneOf(i int) string   { return fmt.Sprintf("+1555%07d", i) }
func nickname(i int) string  { return fmt.Sprintf("nickname-%07d", i) }
func fullName(i int) string  { return fmt.Sprintf("%s %s, %d", givenName(i), surname(i), i) }
func givenName(i int) string { return fmt.Sprintf("name-%d", i%100) }
func surname(i int) string   { return fmt.Sprintf("surname-%d", i%100) }

// subOf returns the sub of a user. Subs are in no order.
func subOf(i int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, binary.BigEndian.AppendUint64(nil, uint64(i))).String()
}

var modes = []api.AdvancedSecurityModeType{
	api.AdvancedSecurityModeTypeOff, api.AdvancedSecurityModeTypeAudit, api.AdvancedSecurityModeTypeEnforced,
}

// createPools creates the pools of a side on its server.
func (d *side) createPools(ctx context.Context) (err error) {
	c := d.s.client(1)
	if d.people, err = createScalePool(ctx, c, api.AdvancedSecurityModeTypeOff, api.AliasAttributeTypeEmail); err != nil {
		return err
	}
	d.modes = make(map[api.AdvancedSecurityModeType]pool)
	for _, mode := range modes {
		if d.modes[mode], err = createScalePool(ctx, c, mode); err != nil {
			return err
		}
	}
	noAction := &api.AccountTakeoverActionType{Notify: new(false), EventAction: api.AccountTakeoverEventActionTypeNoAction}
	_, err = c.SetRiskConfiguration(ctx, &api.SetRiskConfigurationInput{
		UserPoolId: d.modes[api.AdvancedSecurityModeTypeEnforced].id,
		CompromisedCredentialsRiskConfiguration: &api.CompromisedCredentialsRiskConfigurationType{
			Actions: &api.CompromisedCredentialsActionsType{EventAction: api.CompromisedCredentialsEventActionTypeBlock},
		},
		AccountTakeoverRiskConfiguration: &api.AccountTakeoverRiskConfigurationType{
			Actions: &api.AccountTakeoverActionsType{LowAction: noAction, MediumAction: noAction, HighAction: noAction},
		},
	})
	return err
}

func createScalePool(ctx context.Context, c *api.Client, mode api.AdvancedSecurityModeType, aliases ...api.AliasAttributeType) (p pool, err error) {
	created, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{
		PoolName: "bench", AliasAttributes: aliases,
		AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		UserPoolTier:           api.UserPoolTierTypePlus, UserPoolAddOns: &api.UserPoolAddOnsType{AdvancedSecurityMode: mode},
	})
	if err != nil {
		return p, err
	}
	p.id = created.UserPool.Id
	client, err := c.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: p.id, ClientName: "bench", ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return p, err
	}
	p.clientID = client.UserPoolClient.ClientId
	return p, nil
}

// fill stores the users, groups and events of a side in its database.
func (d *side) fill(ctx context.Context) (err error) {
	db, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := fillUsers(ctx, db, d.people.id, d.users, d.betweenSigners()); err != nil {
		return err
	}
	if err := d.fillGroups(ctx, db); err != nil {
		return err
	}
	for _, mode := range modes {
		if err := fillUsers(ctx, db, d.modes[mode].id, protected, 1); err != nil {
			return err
		}
	}
	return d.fillEvents(ctx, db)
}

// betweenSigners is the distance of two signers, who are spread over all users.
func (d *side) betweenSigners() int { return max(1, d.users/signers) }

// fillUsers stores n users. Each one whose number is a multiple of distance has a password.
func fillUsers(ctx context.Context, db *store.Store, poolID string, n, distance int) error {
	pool, err := db.UserPool(ctx, poolID)
	if err != nil {
		return err
	}
	for from := 0; from < n; from += batch {
		var users []*cognate.User
		for i := from; i < min(from+batch, n); i++ {
			user, err := scaleUser(ctx, pool, i, i%distance == 0)
			if err != nil {
				return err
			}
			users = append(users, user)
		}
		err := db.WriteUsers(ctx, func(tx *store.Tx) error {
			refused, err := tx.CreateUsers(ctx, pool, users)
			if err == nil && len(refused) > 0 {
				err = fmt.Errorf("%d users were not stored", len(refused))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func scaleUser(ctx context.Context, pool *cognate.UserPool, i int, hasPassword bool) (*cognate.User, error) {
	now := time.Now()
	u := &cognate.User{
		PoolID: pool.ID, Sub: subOf(i), Username: username(i), Status: api.UserStatusTypeConfirmed, Enabled: true, Created: now, Modified: now,
		Attributes: map[string]string{
			cognate.AttributeSub: subOf(i), cognate.AttributeEmail: emailOf(i), "email_verified": "true",
			cognate.AttributePhone: phoneOf(i), cognate.AttributePreferredUsername: nickname(i),
			"name": fullName(i), "given_name": givenName(i), "family_name": surname(i),
		},
	}
	if !hasPassword {
		return u, nil
	}
	var err error
	u.Password, err = new(passwords.Service).New(ctx, pool, u.Username, password)
	return u, err
}

// fillGroups puts half of the users into one group, and the signers into 100.
func (d *side) fillGroups(ctx context.Context, db *store.Store) error {
	add := func(name string, ordinal, members, distance int) error {
		g := &cognate.Group{PoolID: d.people.id, Name: name, Ordinal: int64(ordinal), CreatedAt: time.Now(), ModifiedAt: time.Now()}
		err := db.Write(ctx, func(tx *store.Tx) error { return tx.CreateGroup(ctx, g) })
		for from := 0; from < members && err == nil; from += batch {
			err = db.Write(ctx, func(tx *store.Tx) error {
				for i := from; i < min(from+batch, members); i++ {
					if err := tx.AddToGroup(ctx, g, subOf(i*distance), time.Now()); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return err
	}
	for i := range groups - 1 {
		if err := add(fmt.Sprintf("group-%02d", i), i, signers, d.betweenSigners()); err != nil {
			return err
		}
	}
	return add(half, groups, d.users/2, 1)
}

// fillEvents stores the events of one user in the pool with AUDIT.
func (d *side) fillEvents(ctx context.Context, db *store.Store) error {
	poolID, n := d.modes[api.AdvancedSecurityModeTypeAudit].id, quietEvents
	if d.users > smallUsers {
		n = busyEvents
	}
	pool, err := db.UserPool(ctx, poolID)
	if err != nil {
		return err
	}
	user, err := scaleUser(ctx, pool, protected, true)
	if err != nil {
		return err
	}
	user.Username = busy
	return db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.CreateUser(ctx, pool, user); err != nil {
			return err
		}
		for i := range n {
			at := time.Now().Add(time.Duration(i-n) * time.Minute)
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			for b := range 6 { // the time of the event
				id[b] = byte(at.UnixMilli() >> (8 * (5 - b)))
			}
			e := &cognate.AuthEvent{
				PoolID: poolID, Sub: user.Sub, ID: id.String(), Created: at, Expires: at.Add(365 * 24 * time.Hour), Type: api.EventTypeSignIn,
				Response: api.EventResponseTypePass, IPAddress: "203.0.113.9", DeviceName: "Chrome 126, Windows 10", Device: "agent:Chrome / Windows",
				Network: "203.0.113.0/24",
			}
			if err := tx.CreateAuthEvent(ctx, e, 10*busyEvents); err != nil {
				return err
			}
		}
		return nil
	})
}

// writePasswords writes a sorted list of n random hashes, in the format of Have I Been Pwned.
func writePasswords(path string, n int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	step := ^uint64(0) / uint64(n)
	for i := range uint64(n) {
		fmt.Fprintf(out, "%016X%016X%08X:%d\r\n", i*step+rand.Uint64N(step), rand.Uint64(), rand.Uint32(), 1+rand.IntN(1000))
	}
	return out.Flush()
}

// networks are the third numbers of the addresses from which users sign in.
const networks = 200

// address returns an address of a random network.
func address() string { return fmt.Sprintf("203.0.%d.%d", rand.IntN(networks), rand.IntN(250)) }

// writePlaces writes a database with a place for each network.
func writePlaces(path string) error {
	places := make(map[string]cognate.Place)
	for i := range networks {
		places[fmt.Sprintf("203.0.%d.0/24", i)] = cognate.Place{
			CountryCode: string([]byte{'A' + byte(i%26), 'A' + byte(i/26)}), Country: fmt.Sprintf("Country %d", i), City: fmt.Sprintf("City %d", i),
			Latitude: float64(i%90) + 0.5, Longitude: float64(i%180) + 0.5,
		}
	}
	return geoiptest.Write(path, places)
}
