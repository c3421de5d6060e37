-- name: ListAccessKeys :many
SELECT * FROM access_keys ORDER BY account_id, name;

-- name: CreateAccessKey :execrows
INSERT INTO access_keys (key_id, account_id, name, sealed, policy, policy_source, disabled, created_at, expires_at, last_used_at)
VALUES (@key_id, @account_id, @name, @sealed, @policy, @policy_source, @disabled, @created_at, @expires_at, 0)
ON CONFLICT DO NOTHING;

-- name: SaveAccessKey :execrows
UPDATE access_keys SET policy = @policy, policy_source = @policy_source, disabled = @disabled WHERE key_id = @key_id;

-- name: DeleteAccessKey :execrows
DELETE FROM access_keys WHERE key_id = @key_id;

-- name: SaveAccessKeyUse :exec
UPDATE access_keys SET last_used_at = @used_at WHERE key_id = @key_id AND last_used_at < @used_at;
