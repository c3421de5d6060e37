-- name: CreateCredential :execrows
INSERT INTO credentials (pool_id, credential_id, sub, document, sealed, sign_count, created_at)
VALUES (@pool_id, @credential_id, @sub, @document, @sealed, @sign_count, @created_at)
ON CONFLICT (pool_id, credential_id) DO NOTHING;

-- name: ListCredentials :many
SELECT sqlc.embed(credentials) FROM credentials
WHERE pool_id = @pool_id AND sub = @sub AND credential_id > @after_id
ORDER BY credential_id
LIMIT @page_size;

-- name: UseCredential :execrows
UPDATE credentials SET sign_count = @sign_count
WHERE pool_id = @pool_id AND credential_id = @credential_id AND sub = @sub AND created_at = @created_at
  AND (sign_count < @sign_count OR sign_count = 0 AND @sign_count = 0);

-- name: DeleteCredential :execrows
DELETE FROM credentials WHERE pool_id = @pool_id AND sub = @sub AND credential_id = @credential_id;

-- name: DeleteUserCredentials :exec
DELETE FROM credentials WHERE pool_id = @pool_id AND sub = @sub;

-- name: SavePasskeyRegistration :exec
INSERT INTO passkey_registrations (pool_id, sub, client_id, challenge, expires_at)
VALUES (@pool_id, @sub, @client_id, @challenge, @expires_at)
ON CONFLICT (pool_id, sub) DO UPDATE SET client_id = excluded.client_id, challenge = excluded.challenge,
    expires_at = excluded.expires_at;

-- name: TakePasskeyRegistration :one
DELETE FROM passkey_registrations WHERE pool_id = @pool_id AND sub = @sub
RETURNING client_id, challenge, expires_at;

-- name: DeleteUserPasskeyRegistrations :exec
DELETE FROM passkey_registrations WHERE pool_id = @pool_id AND sub = @sub;

-- name: PurgePasskeyRegistrations :execrows
DELETE FROM passkey_registrations WHERE passkey_registrations.expires_at < @before AND (pool_id, sub) IN (
    SELECT expired.pool_id, expired.sub FROM passkey_registrations AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
