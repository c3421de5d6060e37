package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var credentialTables = []table{
	{
		name: "credentials", role: roleUser, inTrash: true, key: []string{"pool_id", "credential_id"},
		aadColumns: []string{"pool_id", "sub", "credential_id"}, sealed: []string{"sealed"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserCredentials(ctx, gen.DeleteUserCredentialsParams{PoolID: poolID, Sub: sub})
		},
	},
	{
		name: "passkey_registrations", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "sub"}, plain: []string{"challenge"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserPasskeyRegistrations(ctx, gen.DeleteUserPasskeyRegistrationsParams{PoolID: poolID, Sub: sub})
		},
	},
}

// Credentials returns up to limit passkeys of a user whose IDs are after the given one, in order of their IDs.
func (s *Store) Credentials(ctx context.Context, poolID, sub string, after cognate.CredentialID, limit int) ([]*cognate.Credential, error) {
	rows, err := s.reader.ListCredentials(ctx, gen.ListCredentialsParams{
		PoolID: poolID, Sub: sub, AfterID: string(after), PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list credentials: %w", err)
	}
	credentials := make([]*cognate.Credential, 0, len(rows))
	for _, row := range rows {
		c, err := s.credentialFromRow(row.Credential)
		if err != nil {
			return nil, err
		}
		credentials = append(credentials, c)
	}
	return credentials, nil
}

// CreateCredential adds a passkey. Errors: ErrExists if a user of the pool already has it.
func (t *Tx) CreateCredential(ctx context.Context, c *cognate.Credential) error {
	document, err := encode("credential", fromCredential(c))
	if err != nil {
		return err
	}
	// The public key is not secret. It is sealed so that an attacker who can write to the database cannot replace it.
	sealed, err := t.s.sealDocument(fromCredentialKey(c.Key), true, credentialAAD(c.PoolID, c.Sub, c.ID))
	if err != nil {
		return err
	}
	n, err := t.q.CreateCredential(ctx, gen.CreateCredentialParams{
		PoolID: c.PoolID, CredentialID: string(c.ID), Sub: c.Sub, Document: document, Sealed: sealed,
		SignCount: int64(c.SignCount), CreatedAt: millis(c.Created),
	})
	return changed("create credential", ErrExists, n, err)
}

// UseCredential stores the counter of a use of a passkey. It returns false if the passkey was deleted, or if its stored
// counter is not lower. An authenticator that does not count always sends 0, which is accepted as long as the stored counter
// is 0. Of two concurrent uses of one counter, one gets true.
func (t *Tx) UseCredential(ctx context.Context, c *cognate.Credential, signCount uint32) (bool, error) {
	n, err := t.q.UseCredential(ctx, gen.UseCredentialParams{
		SignCount: int64(signCount), PoolID: c.PoolID, CredentialID: string(c.ID), Sub: c.Sub, CreatedAt: millis(c.Created),
	})
	if err != nil {
		return false, fmt.Errorf("use credential: %w", err)
	}
	return n == 1, nil
}

// DeleteCredential deletes a passkey of a user. Errors: ErrNotFound.
func (t *Tx) DeleteCredential(ctx context.Context, poolID, sub string, id cognate.CredentialID) error {
	n, err := t.q.DeleteCredential(ctx, gen.DeleteCredentialParams{PoolID: poolID, Sub: sub, CredentialID: string(id)})
	return changed("delete credential", ErrNotFound, n, err)
}

// SavePasskeyRegistration stores a registration that a user starts. It replaces an earlier one.
func (t *Tx) SavePasskeyRegistration(ctx context.Context, r cognate.PasskeyRegistration) error {
	err := t.q.SavePasskeyRegistration(ctx, gen.SavePasskeyRegistrationParams{
		PoolID: r.PoolID, Sub: r.Sub, ClientID: r.ClientID, Challenge: r.Challenge, ExpiresAt: millis(r.Expires),
	})
	if err != nil {
		return fmt.Errorf("save passkey registration: %w", err)
	}
	return nil
}

// TakePasskeyRegistration deletes the registration that a user has started, and returns it. Errors: ErrNotFound.
func (t *Tx) TakePasskeyRegistration(ctx context.Context, poolID, sub string) (cognate.PasskeyRegistration, error) {
	row, err := t.q.TakePasskeyRegistration(ctx, gen.TakePasskeyRegistrationParams{PoolID: poolID, Sub: sub})
	if err != nil {
		return cognate.PasskeyRegistration{}, found("take passkey registration", err)
	}
	return cognate.PasskeyRegistration{
		PoolID: poolID, Sub: sub, ClientID: row.ClientID, Challenge: row.Challenge, Expires: fromMillis(row.ExpiresAt),
	}, nil
}

func (s *Store) credentialFromRow(row gen.Credential) (*cognate.Credential, error) {
	c := &cognate.Credential{
		PoolID: row.PoolID, Sub: row.Sub, ID: cognate.CredentialID(row.CredentialID), SignCount: uint32(row.SignCount),
		Created: fromMillis(row.CreatedAt),
	}
	var (
		d   credentialDocument
		key credentialKeyDocument
	)
	if err := decode("credential of "+row.Sub, row.Document, &d); err != nil {
		return nil, err
	}
	if err := s.unsealDocument(row.Sealed, credentialAAD(c.PoolID, c.Sub, c.ID), &key); err != nil {
		return nil, err
	}
	d.toCredential(c)
	c.Key = key.toCredentialKey()
	return c, nil
}

func credentialAAD(poolID, sub string, id cognate.CredentialID) string {
	return aadOf("credentials", poolID, sub, string(id), "sealed")
}
