-- name: CreateUserPool :execrows
INSERT INTO user_pools (pool_id, account_id, name, document, version, created_at, modified_at, keys_version)
VALUES (@pool_id, @account_id, @name, @document, @version, @created_at, @modified_at, @keys_version)
ON CONFLICT (pool_id) DO NOTHING;

-- name: GetUserPool :one
SELECT pool_id, account_id, name, document, version, created_at, modified_at, keys_version
FROM user_pools WHERE pool_id = @pool_id;

-- name: DescribeUserPool :one
SELECT sqlc.embed(user_pools),
    CAST((SELECT COALESCE(SUM(users), 0) FROM user_counts WHERE user_counts.pool_id = user_pools.pool_id) AS BIGINT) AS users,
    CAST(COALESCE((SELECT domains.name FROM domains WHERE domains.pool_id = user_pools.pool_id AND kind = 'PREFIX'), '') AS TEXT) AS prefix_domain,
    CAST(COALESCE((SELECT domains.name FROM domains WHERE domains.pool_id = user_pools.pool_id AND kind = 'CUSTOM'), '') AS TEXT) AS custom_domain
FROM user_pools WHERE user_pools.pool_id = @pool_id;

-- name: LockUserPool :one
UPDATE user_pools SET version = version + 1 WHERE pool_id = @pool_id
RETURNING pool_id, account_id, name, document, version, created_at, modified_at, keys_version;

-- name: SaveUserPool :exec
UPDATE user_pools SET name = @name, document = @document, modified_at = @modified_at
WHERE pool_id = @pool_id;

-- name: ListUserPools :many
SELECT pool_id, account_id, name, document, version, created_at, modified_at, keys_version
FROM user_pools
WHERE account_id = @account_id AND pool_id > @after_id AND pool_id < @before_id
ORDER BY pool_id
LIMIT @page_size;

-- name: ListAllUserPools :many
SELECT pool_id, account_id, name, document, version, created_at, modified_at, keys_version
FROM user_pools
ORDER BY pool_id
LIMIT @page_size;

-- name: DeleteUserPool :execrows
DELETE FROM user_pools WHERE pool_id = @pool_id;

-- name: SetKeysVersion :exec
UPDATE user_pools SET keys_version = @keys_version WHERE pool_id = @pool_id;
