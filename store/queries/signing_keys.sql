-- name: CreateSigningKey :exec
INSERT INTO signing_keys (pool_id, key_id, token_use, sealed, created_at)
VALUES (@pool_id, @key_id, @token_use, @sealed, @created_at);

-- name: ListSigningKeys :many
SELECT key_id, token_use, sealed FROM signing_keys WHERE pool_id = @pool_id ORDER BY key_id;
