-- name: CreateSigningKey :exec
INSERT INTO signing_keys (pool_id, key_id, token_use, sealed, created_at, signs_from)
VALUES (@pool_id, @key_id, @token_use, @sealed, @created_at, @signs_from);

-- name: ListSigningKeys :many
SELECT key_id, token_use, sealed, created_at, signs_from FROM signing_keys WHERE pool_id = @pool_id ORDER BY key_id;

-- name: StartSigningKeys :exec
UPDATE signing_keys SET signs_from = @signs_from WHERE pool_id = @pool_id AND signs_from > @signs_from;

-- name: DeleteSigningKey :exec
DELETE FROM signing_keys WHERE pool_id = @pool_id AND key_id = @key_id;

-- name: ListPoolsByKeyAge :many
SELECT pool_id FROM signing_keys WHERE pool_id > @after_id
GROUP BY pool_id
HAVING MAX(created_at) < @before AND MAX(signs_from) < @before
ORDER BY pool_id
LIMIT @page_size;

-- name: ListPoolsByKeyCount :many
SELECT pool_id FROM signing_keys WHERE pool_id > @after_id
GROUP BY pool_id
HAVING COUNT(*) > CAST(@key_count AS BIGINT)
ORDER BY pool_id
LIMIT @page_size;

-- name: ListPoolsWithoutKeys :many
SELECT p.pool_id FROM user_pools p
WHERE p.pool_id > @after_id AND NOT EXISTS (SELECT 1 FROM signing_keys k WHERE k.pool_id = p.pool_id)
ORDER BY p.pool_id
LIMIT @page_size;
