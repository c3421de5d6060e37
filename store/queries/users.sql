-- name: CreateUser :execrows
INSERT INTO users (pool_id, sub, username, username_key, status, enabled, document, password, imported_hash,
    software_token, last_step, stamp, created_at, modified_at)
VALUES (@pool_id, @sub, @username, @username_key, @status, @enabled, @document, @password, @imported_hash,
    @software_token, @last_step, @stamp, @created_at, @modified_at)
ON CONFLICT (pool_id, username_key) DO NOTHING;

-- name: GetUser :one
SELECT sqlc.embed(users) FROM users WHERE pool_id = @pool_id AND sub = @sub;

-- name: FindUserByUsername :one
SELECT sqlc.embed(users) FROM users WHERE pool_id = @pool_id AND username_key = @username_key;

-- name: FindUserByAlias :one
SELECT sqlc.embed(users)
FROM user_aliases JOIN users ON users.pool_id = user_aliases.pool_id AND users.sub = user_aliases.sub
WHERE user_aliases.pool_id = @pool_id AND user_aliases.alias = @alias;

-- name: LockUser :one
UPDATE users SET version = version + 1 WHERE pool_id = @pool_id AND sub = @sub
RETURNING pool_id, sub, username, username_key, status, enabled, document, password, software_token, last_step, stamp,
    version, created_at, modified_at, imported_hash;

-- name: SaveUser :exec
UPDATE users SET status = @status, enabled = @enabled, document = @document, password = @password,
    imported_hash = @imported_hash, software_token = @software_token, last_step = @last_step, stamp = @stamp, modified_at = @modified_at
WHERE pool_id = @pool_id AND sub = @sub;

-- name: SpendStep :execrows
UPDATE users SET last_step = @last_step, version = version + 1
WHERE pool_id = @pool_id AND sub = @sub AND last_step < @last_step AND stamp = @stamp;

-- name: DeleteUser :execrows
DELETE FROM users WHERE pool_id = @pool_id AND sub = @sub;

-- name: ListUnconfirmedUsers :many
SELECT pool_id, sub FROM users
WHERE status = 'UNCONFIRMED' AND created_at <= @before ORDER BY created_at LIMIT @page_size;

-- name: DeleteUserGrants :exec
DELETE FROM grants WHERE pool_id = @pool_id AND sub = @sub;

-- name: DeleteUserCodes :exec
DELETE FROM codes WHERE pool_id = @pool_id AND sub = @sub;

-- name: AliasOwner :one
SELECT sub FROM user_aliases WHERE pool_id = @pool_id AND alias = @alias;

-- name: CreateAlias :execrows
INSERT INTO user_aliases (pool_id, alias, sub) VALUES (@pool_id, @alias, @sub)
ON CONFLICT (pool_id, alias) DO NOTHING;

-- name: DeleteAliases :exec
DELETE FROM user_aliases WHERE pool_id = @pool_id AND sub = @sub;

-- name: CreateIndexEntry :exec
INSERT INTO user_index (pool_id, attribute, value, created_at, sub) VALUES (@pool_id, @attribute, @value, @created_at, @sub)
ON CONFLICT (pool_id, attribute, value, created_at, sub) DO NOTHING;

-- name: DeleteIndexEntries :exec
DELETE FROM user_index WHERE pool_id = @pool_id AND sub = @sub;

-- name: ListUsers :many
SELECT username AS value, sub, username, status, enabled, document, stamp, created_at, modified_at FROM users
WHERE pool_id = @pool_id AND username > @after_username
ORDER BY username
LIMIT @page_size;

-- An exact value has its own queries. PostgreSQL reuses their plans, but would plan a range again each time, because the cost of a range
-- depends on its values.

-- name: ListUsersWithUsername :many
SELECT username AS value, sub, username, status, enabled, document, stamp, created_at, modified_at FROM users
WHERE pool_id = @pool_id AND username = @username;

-- name: ListUsersWithSub :many
SELECT sub AS value, sub, username, status, enabled, document, stamp, created_at, modified_at FROM users
WHERE pool_id = @pool_id AND sub = @sub;

-- name: ListUsersWithValue :many
SELECT user_index.value, users.sub, users.username, users.status, users.enabled, users.document, users.stamp, users.created_at,
    users.modified_at
FROM user_index JOIN users ON users.pool_id = user_index.pool_id AND users.sub = user_index.sub
WHERE user_index.pool_id = @pool_id AND user_index.attribute = @attribute AND user_index.value = @value
  AND (user_index.created_at, user_index.sub) > (CAST(@after_created AS BIGINT), CAST(@after_sub AS TEXT))
ORDER BY user_index.created_at, user_index.sub
LIMIT @page_size;

-- name: ListUsersByUsername :many
SELECT username AS value, sub, username, status, enabled, document, stamp, created_at, modified_at FROM users
WHERE pool_id = @pool_id AND (username, sub) > (@after_username, @after_sub) AND username < @to_username
ORDER BY username, sub
LIMIT @page_size;

-- name: ListUsersBySub :many
SELECT sub AS value, sub, username, status, enabled, document, stamp, created_at, modified_at FROM users
WHERE pool_id = @pool_id AND (sub, username) > (@after_sub, @after_username) AND sub < @to_sub
ORDER BY sub
LIMIT @page_size;

-- name: ListUsersByIndex :many
SELECT user_index.value, users.sub, users.username, users.status, users.enabled, users.document, users.stamp, users.created_at,
    users.modified_at
FROM user_index JOIN users ON users.pool_id = user_index.pool_id AND users.sub = user_index.sub
WHERE user_index.pool_id = @pool_id AND user_index.attribute = @attribute AND user_index.value < @to_value
  AND (user_index.value, user_index.created_at, user_index.sub) > (@after_value, CAST(@after_created AS BIGINT), @after_sub)
ORDER BY user_index.value, user_index.created_at, user_index.sub
LIMIT @page_size;
