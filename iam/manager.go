package iam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"cognate"
	"cognate/store"
)

// Errors of a Manager.
var (
	// ErrNoKey: no stored key has the ID or the name.
	ErrNoKey = errors.New("no access key in the database has this name or ID")
	// ErrNameTaken: another key of the account has the name.
	ErrNameTaken = errors.New("the account has an access key of this name")
	// ErrAmbiguous: keys of several accounts have the name.
	ErrAmbiguous = errors.New("keys of several accounts have this name; use the ID of the key")
	// ErrLastAdministrator: afterwards, the account would have no key that may do everything.
	ErrLastAdministrator = errors.New("this is the last administrator key of its account")
)

// Manager changes the stored access keys.
type Manager struct {
	Store *store.Store
	Now   func() time.Time
	// Configured are the keys of the settings. They count as administrators of their accounts, if their policies allow everything.
	Configured []AccessKey
}

// NewKey is what a new access key gets.
type NewKey struct {
	AccountID, Name      string
	Policy, PolicySource string
	ExpiresAt            time.Time // zero: never
}

// NewSecret returns the ID and the secret of a new access key.
func NewSecret() (id, secret string) {
	const idLength, secretLength = 16, 40
	return "CGNT" + rand.Text()[:idLength], (rand.Text() + rand.Text())[:secretLength]
}

// Create adds a key and returns it with its secret. Errors: PolicyError; ErrNameTaken.
func (m *Manager) Create(ctx context.Context, n NewKey) (*cognate.AccessKey, error) {
	if _, err := ParsePolicy(n.Policy); err != nil {
		return nil, err
	}
	if err := cognate.CheckKeyName(n.Name); err != nil {
		return nil, fmt.Errorf("%q is %w", n.Name, err)
	}
	for _, key := range m.Configured {
		if key.AccountID == n.AccountID && key.Name == n.Name {
			return nil, ErrNameTaken
		}
	}
	key := &cognate.AccessKey{
		AccountID: n.AccountID, Name: n.Name, Policy: n.Policy, PolicySource: n.PolicySource, CreatedAt: m.Now(), ExpiresAt: n.ExpiresAt,
	}
	key.ID, key.Secret = NewSecret()
	err := m.Store.Write(ctx, func(tx *store.Tx) error { return tx.CreateAccessKey(ctx, key) })
	if errors.Is(err, store.ErrExists) {
		return nil, ErrNameTaken
	}
	return key, err
}

// List returns all stored keys without their secrets.
func (m *Manager) List(ctx context.Context) ([]cognate.AccessKey, error) {
	keys, err := m.Store.AccessKeys(ctx)
	for i := range keys {
		keys[i].Secret = ""
	}
	return keys, err
}

// Find returns the stored key with that ID or name, without its secret. Errors: ErrNoKey, ErrAmbiguous.
func (m *Manager) Find(ctx context.Context, name string) (*cognate.AccessKey, error) {
	keys, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	return find(keys, name)
}

func find(keys []cognate.AccessKey, name string) (*cognate.AccessKey, error) {
	if i := slices.IndexFunc(keys, func(k cognate.AccessKey) bool { return k.ID == name }); i >= 0 {
		return &keys[i], nil
	}
	named := slices.DeleteFunc(slices.Clone(keys), func(k cognate.AccessKey) bool { return k.Name != name })
	switch len(named) {
	case 0:
		return nil, ErrNoKey
	case 1:
		return &named[0], nil
	default:
		return nil, ErrAmbiguous
	}
}

// Enable lets a key sign requests again. Errors: ErrNoKey, ErrAmbiguous.
func (m *Manager) Enable(ctx context.Context, name string) (*cognate.AccessKey, error) {
	return m.write(ctx, name, true, func(k *cognate.AccessKey) { k.Disabled = false })
}

// Disable rejects the requests of a key. force also disables the last administrator key of an account.
// Errors: ErrNoKey, ErrAmbiguous, ErrLastAdministrator.
func (m *Manager) Disable(ctx context.Context, name string, force bool) (*cognate.AccessKey, error) {
	return m.write(ctx, name, force, func(k *cognate.AccessKey) { k.Disabled = true })
}

// SetPolicy replaces the policy of a key. Errors: as Disable; PolicyError.
func (m *Manager) SetPolicy(ctx context.Context, name, policy, source string, force bool) (*cognate.AccessKey, error) {
	if _, err := ParsePolicy(policy); err != nil {
		return nil, err
	}
	return m.write(ctx, name, force, func(k *cognate.AccessKey) { k.Policy, k.PolicySource = policy, source })
}

// Delete deletes a key. Errors: as Disable.
func (m *Manager) Delete(ctx context.Context, name string, force bool) (*cognate.AccessKey, error) {
	return m.write(ctx, name, force, nil)
}

// write edits a key, or deletes it if edit is nil.
func (m *Manager) write(ctx context.Context, name string, force bool, edit func(*cognate.AccessKey)) (changed *cognate.AccessKey, err error) {
	found, err := m.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	err = m.Store.Write(ctx, func(tx *store.Tx) error {
		// The lock keeps two commands from removing the last two administrators of an account at the same time.
		if err := tx.LockAccessKeys(ctx, found.AccountID); err != nil {
			return err
		}
		keys, err := tx.AccessKeys(ctx)
		if err != nil {
			return err
		}
		if changed, err = find(keys, found.ID); err != nil {
			return err
		}
		before, after := *changed, *changed
		changed = &after
		left := slices.DeleteFunc(keys, func(k cognate.AccessKey) bool { return k.ID == before.ID })
		if edit != nil {
			edit(&after)
			left = append(left, after)
		}
		if err := m.requireAdministrator(&before, left, force); err != nil {
			return err
		}
		if edit == nil {
			return tx.DeleteAccessKey(ctx, before.ID)
		}
		return tx.SaveAccessKey(ctx, &after)
	})
	if err != nil {
		return nil, err
	}
	changed.Secret = ""
	return changed, nil
}

// requireAdministrator returns an error if the account of a key has no administrator key after a change. after are the stored keys
// after the change.
func (m *Manager) requireAdministrator(before *cognate.AccessKey, after []cognate.AccessKey, force bool) error {
	if force || !m.administers(before, before.AccountID) {
		return nil
	}
	for _, key := range m.Configured {
		if key.AccountID == before.AccountID && key.Policy.IsAdministrator() {
			return nil
		}
	}
	if slices.ContainsFunc(after, func(k cognate.AccessKey) bool { return m.administers(&k, before.AccountID) }) {
		return nil
	}
	return ErrLastAdministrator
}

// administers reports whether a key may do everything in an account now.
func (m *Manager) administers(k *cognate.AccessKey, accountID string) bool {
	policy, err := ParsePolicy(k.Policy)
	return err == nil && k.AccountID == accountID && k.IsUsable(m.Now()) && policy.IsAdministrator()
}
