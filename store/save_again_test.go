package store_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/store"
)

// saveAgain reads and saves every noun.
func saveAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	for _, row := range storedRows(t, "user_pools") {
		savePoolAgain(t, s, text(row, "pool_id"))
	}
	for _, row := range storedRows(t, "users") {
		saveUserAgain(t, s, db, text(row, "pool_id"), text(row, "sub"))
	}
	saveGroupsAgain(t, s)
	saveResourceServersAgain(t, s)
	saveAuthEventsAgain(t, s)
	saveDomainsAgain(t, s)
	saveProvidersAgain(t, s, db)
	saveLooksAgain(t, s, db)
	saveImportJobsAgain(t, s)
	saveSessionStatesAgain(t, s, db)
	saveTransientAgain(t, s)
	savePageSignInsAgain(t, s, db)
	saveConsentsAgain(t, s, db)
	savePushedRequestsAgain(t, s, db)
	saveDeviceAuthorizationsAgain(t, s, db)
	saveOutgoingAgain(t, s)
	saveLimitsAgain(t, s)
	saveAccessKeysAgain(t, s)
	wantCertificates(t, s)
	wantSigningKeys(t, s, fullPool, 0)
	wantSigningKeys(t, s, laterPool, 24*time.Hour)
	pool, err := s.UserPool(t.Context(), laterPool)
	if err != nil || pool.Replica == nil || !pool.Replica.Active {
		t.Errorf("UserPool(%s) = %+v, %v, want an active replica", laterPool, pool, err)
	}
	user, err := s.User(t.Context(), laterPool, "00000000-0000-4000-8000-000000000003")
	if err != nil || !strings.HasPrefix(user.Password.Imported, "$scrypt$") {
		t.Errorf("User() = %+v, %v, want an imported password", user, err)
	}
}

// wantSigningKeys compares the number of a pool's keys, and the time from their creation until they sign.
func wantSigningKeys(t *testing.T, s *store.Store, poolID string, after time.Duration) {
	t.Helper()
	keys, err := s.SigningKeys(t.Context(), poolID)
	if err != nil || len(keys) != 2 {
		t.Fatalf("SigningKeys(%s) = %d keys, %v, want 2", poolID, len(keys), err)
	}
	for _, k := range keys {
		if got := k.SignsFrom.Sub(k.CreatedAt); got != after {
			t.Errorf("key %q signs %v after its creation, want %v", k.ID, got, after)
		}
	}
}

func saveLimitsAgain(t *testing.T, s *store.Store) {
	t.Helper()
	for _, row := range storedRows(t, "provisioned_limits") {
		account, region, category := text(row, "account_id"), text(row, "region"), text(row, "category")
		rate, err := s.ProvisionedLimit(t.Context(), account, region, category)
		if err != nil || rate == 0 {
			t.Errorf("ProvisionedLimit(%s) = %d, %v", category, rate, err)
		}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SetProvisionedLimit(t.Context(), account, region, category, rate) })
	}
}

// wantCertificates reads the certificates, which are never saved again with the same content.
func wantCertificates(t *testing.T, s *store.Store) {
	t.Helper()
	const directory = "https://acme.example.com/dir"
	found, err := s.Certificates(t.Context())
	if err != nil || len(found) != 2 || found[0].Version == 0 || found[1].Version != 0 || found[1].Failures != 1 || found[1].Reason != "no address" {
		t.Errorf("Certificates() = %+v, %v", found, err)
	}
	if text, _, err := s.CertificatePEM(t.Context(), "id.example.com", directory); err != nil || string(text) != "the-certificate-of-id.example.com" {
		t.Errorf("CertificatePEM() = %q, %v", text, err)
	}
	if key, err := s.ACMEAccount(t.Context(), directory); err != nil || string(key) != "the-key-of-the-account" {
		t.Errorf("ACMEAccount() = %q, %v", key, err)
	}
}

// saveAccessKeysAgain deletes the access keys and creates them again, because their secrets are saved only then.
func saveAccessKeysAgain(t *testing.T, s *store.Store) {
	t.Helper()
	keys, err := s.AccessKeys(t.Context())
	if err != nil || len(keys) != len(storedRows(t, "access_keys")) {
		t.Fatalf("AccessKeys() = %v, %v", keys, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, k := range keys {
			if k.Secret != "the-secret-of-"+k.Name {
				t.Errorf("secret of %s = %q", k.Name, k.Secret)
			}
			err := errors.Join(tx.DeleteAccessKey(t.Context(), k.ID), tx.CreateAccessKey(t.Context(), &k), tx.SaveAccessKeyUse(t.Context(), k.ID, k.LastUsedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func savePoolAgain(t *testing.T, s *store.Store, poolID string) {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error {
		pool, err := tx.LockUserPool(t.Context(), poolID)
		if err != nil {
			return err
		}
		return tx.SaveUserPool(t.Context(), pool)
	})
	clients, err := s.AppClients(t.Context(), poolID, "", 9)
	if err != nil || len(clients) == 0 {
		t.Fatalf("AppClients() = %d clients, %v, want some", len(clients), err)
	}
	for _, c := range clients {
		mustWrite(t, s, func(tx *store.Tx) error {
			client, err := tx.LockAppClient(t.Context(), poolID, c.ID)
			if err != nil {
				return err
			}
			return tx.SaveAppClient(t.Context(), client)
		})
	}
}

func saveUserAgain(t *testing.T, s *store.Store, db *sql.DB, poolID, sub string) {
	t.Helper()
	ctx := t.Context()
	pool, err := s.UserPool(ctx, poolID)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := s.Credentials(ctx, poolID, sub, "", 2)
	if err != nil || len(credentials) != 1 {
		t.Fatalf("Credentials() = %d credentials, %v, want 1", len(credentials), err)
	}
	devices, err := s.Devices(ctx, poolID, sub, "", 2)
	if err != nil || len(devices) != 1 {
		t.Fatalf("Devices() = %d devices, %v, want 1", len(devices), err)
	}
	mustExec(t, db, "DELETE FROM credentials WHERE pool_id = $1", poolID)
	mustExec(t, db, "DELETE FROM devices WHERE pool_id = $1", poolID)
	mustWrite(t, s, func(tx *store.Tx) error {
		user, err := tx.LockUser(ctx, poolID, sub)
		if err != nil {
			return err
		}
		return errors.Join(
			tx.SaveUser(ctx, pool, user), tx.CreateCredential(ctx, credentials[0]), tx.CreateDevice(ctx, devices[0]),
		)
	})
}

func saveGroupsAgain(t *testing.T, s *store.Store) {
	t.Helper()
	for _, row := range storedRows(t, "user_groups") {
		mustWrite(t, s, func(tx *store.Tx) error {
			g, err := tx.LockGroup(t.Context(), text(row, "pool_id"), text(row, "name"))
			if err != nil {
				return err
			}
			if g.Key() != text(row, "name_key") {
				t.Errorf("Key(%s) = %q, want %q as it is stored", g.Name, g.Key(), text(row, "name_key"))
			}
			return tx.SaveGroup(t.Context(), g)
		})
	}
}

func saveResourceServersAgain(t *testing.T, s *store.Store) {
	t.Helper()
	for _, row := range storedRows(t, "resource_servers") {
		mustWrite(t, s, func(tx *store.Tx) error {
			r, err := tx.LockResourceServer(t.Context(), text(row, "pool_id"), text(row, "identifier"))
			if err != nil {
				return err
			}
			return tx.SaveResourceServer(t.Context(), r)
		})
	}
}

func saveAuthEventsAgain(t *testing.T, s *store.Store) {
	t.Helper()
	for _, row := range storedRows(t, "auth_events") {
		mustWrite(t, s, func(tx *store.Tx) error {
			e, err := tx.LockAuthEvent(t.Context(), text(row, "pool_id"), text(row, "sub"), text(row, "event_id"))
			if err != nil {
				return err
			}
			return tx.SaveAuthEvent(t.Context(), e)
		})
	}
}

func saveDomainsAgain(t *testing.T, s *store.Store) {
	t.Helper()
	for _, row := range storedRows(t, "domains") {
		mustWrite(t, s, func(tx *store.Tx) error {
			d, err := tx.LockDomain(t.Context(), text(row, "pool_id"), text(row, "name"))
			if err != nil {
				return err
			}
			return tx.SaveDomain(t.Context(), d)
		})
	}
}

func saveProvidersAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	for _, row := range storedRows(t, "identity_providers") {
		mustWrite(t, s, func(tx *store.Tx) error {
			p, err := tx.LockIdentityProvider(t.Context(), text(row, "pool_id"), text(row, "name"))
			if err != nil {
				return err
			}
			if p.Key() != text(row, "name_key") {
				t.Errorf("Key(%s) = %q, want %q as it is stored", p.Name, p.Key(), text(row, "name_key"))
			}
			return errors.Join(tx.SaveIdentityProvider(t.Context(), p), tx.SaveProviderIdentifiers(t.Context(), p))
		})
	}
	keys, err := s.SAMLKeys(t.Context(), fullPool)
	if err != nil || len(keys) != 1 {
		t.Fatalf("SAMLKeys() = %d keys, %v, want 1", len(keys), err)
	}
	mustExec(t, db, "DELETE FROM saml_keys")
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateSAMLKey(t.Context(), fullPool, &keys[0]) })
}

func saveLooksAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	for _, row := range storedRows(t, "ui_customizations") {
		mustWrite(t, s, func(tx *store.Tx) error {
			c, err := tx.UICustomization(t.Context(), text(row, "pool_id"), text(row, "client_id"))
			if err != nil {
				return err
			}
			return tx.SaveUICustomization(t.Context(), c)
		})
	}
	for _, row := range storedRows(t, "terms") {
		mustWrite(t, s, func(tx *store.Tx) error {
			terms, err := tx.Terms(t.Context(), text(row, "pool_id"), text(row, "terms_id"))
			if err != nil {
				return err
			}
			return tx.SaveTerms(t.Context(), terms)
		})
	}
	for _, row := range storedRows(t, "login_styles") {
		mustWrite(t, s, func(tx *store.Tx) error {
			style, err := tx.LoginStyle(t.Context(), text(row, "pool_id"), text(row, "style_id"))
			if err != nil {
				return err
			}
			return tx.SaveLoginStyle(t.Context(), style)
		})
	}
	for _, row := range storedRows(t, "images") {
		image, err := s.Image(t.Context(), text(row, "pool_id"), text(row, "image_id"))
		if err != nil {
			t.Fatalf("Image() = %v", err)
		}
		mustExec(t, db, "DELETE FROM images WHERE image_id = $1", image.ID)
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateImage(t.Context(), image) })
	}
}

func saveSessionStatesAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	for pool, id := range map[string]string{fullPool: "THE-ID-OF-A-FULL-SESSION", zeroPool: "THE-ID-OF-A-ZERO-SESSION"} {
		rows := storedRows(t, "session_states")
		row := rows[slices.IndexFunc(rows, func(r map[string]any) bool { return r["pool_id"] == pool })]
		session := &cognate.AuthSession{PoolID: pool, ID: id, Expires: millis(row, "expires_at")}
		state, err := s.SessionState(t.Context(), session)
		if err != nil {
			t.Fatalf("SessionState(%s) = %v", id, err)
		}
		mustExec(t, db, "DELETE FROM session_states WHERE pool_id = $1", pool)
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateSessionState(t.Context(), session, state) })
	}
}

// savePageSignInsAgain reads and saves the SSO sessions and authorization codes.
func savePageSignInsAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	ctx := t.Context()
	for _, row := range storedRows(t, "sso_sessions") {
		mustWrite(t, s, func(tx *store.Tx) error {
			session, err := tx.LockSSOSession(ctx, text(row, "pool_id"), text(row, "session_id"))
			if err != nil {
				return err
			}
			return errors.Join(tx.DeleteSSOSession(ctx, session.PoolID, session.Sub, session.ID), tx.CreateSSOSession(ctx, session))
		})
	}
	for _, row := range storedRows(t, "authorization_codes") {
		code, err := s.AuthorizationCode(ctx, text(row, "pool_id"), row["code_hash"].([]byte))
		if err != nil {
			t.Fatalf("AuthorizationCode() = %v", err)
		}
		mustExec(t, db, "DELETE FROM authorization_codes WHERE pool_id = $1 AND code_hash = $2", code.PoolID, code.Hash)
		mustWrite(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.CreateAuthorizationCode(ctx, code), tx.SpendAuthorizationCode(ctx, code, code.Grant))
		})
	}
}

// savePushedRequestsAgain reads and saves the pushed authorization requests and a spent ID.
func savePushedRequestsAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	ctx := t.Context()
	for _, row := range storedRows(t, "pushed_requests") {
		request, err := s.PushedRequest(ctx, text(row, "pool_id"), text(row, "request_hash"))
		if err != nil {
			t.Fatalf("PushedRequest() = %v", err)
		}
		mustExec(t, db, "DELETE FROM pushed_requests WHERE pool_id = $1", request.PoolID)
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreatePushedRequest(ctx, request) })
	}
	for _, row := range storedRows(t, "spent_ids") {
		id := cognate.SpentID{PoolID: text(row, "pool_id"), Hash: text(row, "id_hash"), Expires: millis(row, "expires_at")}
		mustWrite(t, s, func(tx *store.Tx) error {
			if isFirst, err := tx.SpendID(ctx, id); err != nil || isFirst {
				t.Errorf("SpendID(a spent one) = %t, %v, want false", isFirst, err)
			}
			return nil
		})
	}
}

// saveConsentsAgain reads and saves the consents.
func saveConsentsAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	ctx := t.Context()
	for _, row := range storedRows(t, "consents") {
		consent, err := s.Consent(ctx, text(row, "pool_id"), text(row, "sub"), text(row, "client_id"), text(row, "redirect_host"))
		if err != nil {
			t.Fatalf("Consent() = %v", err)
		}
		mustExec(t, db, "DELETE FROM consents WHERE pool_id = $1", consent.PoolID)
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveConsent(ctx, consent) })
	}
}

// saveDeviceAuthorizationsAgain reads and saves the requests of devices.
func saveDeviceAuthorizationsAgain(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	ctx := t.Context()
	for _, row := range storedRows(t, "device_authorizations") {
		d, err := s.DeviceAuthorization(ctx, text(row, "pool_id"), row["user_code_hash"].([]byte))
		if err != nil {
			t.Fatalf("DeviceAuthorization() = %v", err)
		}
		mustExec(t, db, "DELETE FROM device_authorizations WHERE pool_id = $1", d.PoolID)
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateDeviceAuthorization(ctx, d) })
	}
}

// saveTransientAgain does the same for the full pool's code, registration of a passkey and attempts, the grants and a spent Session.
func saveTransientAgain(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, grants, code := t.Context(), storedRows(t, "grants"), storedRows(t, "codes")[0]
	user := text(code, "sub")
	mustWrite(t, s, func(tx *store.Tx) error {
		saved, err := tx.LockCode(ctx, fullPool, user, text(code, "purpose"))
		if err != nil {
			return err
		}
		registration, err := tx.TakePasskeyRegistration(ctx, fullPool, user)
		if err != nil {
			return err
		}
		attempts, err := tx.LockAttempts(ctx, fullPool, user)
		if err != nil {
			return err
		}
		return errors.Join(
			tx.SaveCode(ctx, saved), tx.SavePasskeyRegistration(ctx, registration), tx.SaveAttempts(ctx, fullPool, user, attempts),
		)
	})
	for _, row := range grants {
		mustWrite(t, s, func(tx *store.Tx) error {
			grant, err := tx.LockGrant(ctx, text(row, "pool_id"), text(row, "grant_id"))
			if err != nil {
				return err
			}
			if err := tx.DeleteGrant(ctx, grant.PoolID, grant.ID); err != nil {
				return err
			}
			if err := tx.CreateGrant(ctx, *grant); err != nil || !grant.Revoked {
				return err
			}
			return tx.RevokeGrant(ctx, grant.PoolID, grant.ID)
		})
	}
	spent := &cognate.AuthSession{PoolID: zeroPool, ID: "THE-ID-OF-A-ZERO-SESSION"}
	mustWrite(t, s, func(tx *store.Tx) error {
		if isSpent, err := tx.IsSessionSpent(ctx, spent); err != nil || !isSpent {
			t.Errorf("SessionSpent() = %v, %v, want true", isSpent, err)
		}
		return nil
	})
}

func saveOutgoingAgain(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	for _, row := range storedRows(t, "outbox") {
		key := store.OutgoingKey{PoolID: text(row, "pool_id"), ID: text(row, "message_id")}
		due, late := millis(row, "due_at"), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		mustWrite(t, s, func(tx *store.Tx) error {
			claimed, err := tx.ClaimOutgoing(ctx, key, "lease", late, late)
			if err != nil {
				return err
			}
			body, err := s.OutgoingBody(claimed)
			if err != nil {
				return err
			}
			if err := tx.DeleteOutgoing(ctx, key); err != nil {
				return err
			}
			return tx.CreateOutgoing(ctx, store.Outgoing{
				OutgoingKey: key, Sub: claimed.Sub, Medium: claimed.Medium, Body: body, Due: due, Expires: claimed.Expires,
			})
		})
	}
}

func saveImportJobsAgain(t *testing.T, s *store.Store) {
	t.Helper()
	jobs, err := s.ImportJobs(t.Context(), fullPool, 9, 9)
	if err != nil || len(jobs) != len(storedRows(t, "import_jobs")) {
		t.Fatalf("ImportJobs() = %d jobs, %v", len(jobs), err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, found := range jobs {
			j, err := tx.LockImportJob(t.Context(), found.PoolID, found.ID)
			if err != nil {
				return err
			}
			if err := tx.SaveImportJob(t.Context(), j); err != nil {
				return err
			}
		}
		return nil
	})
}
