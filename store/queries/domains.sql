-- name: CreateDomain :execrows
INSERT INTO domains (pool_id, kind, name, document, version, created_at, modified_at)
VALUES (@pool_id, @kind, @name, @document, @version, @created_at, @modified_at)
ON CONFLICT DO NOTHING;

-- name: GetDomain :one
SELECT sqlc.embed(domains) FROM domains WHERE name = @name;

-- name: GetDomainAndPool :one
SELECT sqlc.embed(domains), sqlc.embed(user_pools)
FROM domains JOIN user_pools ON user_pools.pool_id = domains.pool_id
WHERE domains.name = @name;

-- name: ListDomains :many
SELECT sqlc.embed(domains) FROM domains WHERE pool_id = @pool_id;

-- name: LockDomain :one
UPDATE domains SET version = version + 1 WHERE name = @name AND pool_id = @pool_id
RETURNING pool_id, kind, name, document, version, created_at, modified_at;

-- name: SaveDomain :exec
UPDATE domains SET document = @document, modified_at = @modified_at WHERE pool_id = @pool_id AND kind = @kind;

-- name: DeleteDomain :execrows
DELETE FROM domains WHERE name = @name AND pool_id = @pool_id;

-- name: CountDomains :one
SELECT COUNT(*) FROM domains JOIN user_pools ON user_pools.pool_id = domains.pool_id
WHERE domains.kind = @kind AND user_pools.account_id = @account_id
    AND user_pools.pool_id > @after_id AND user_pools.pool_id < @before_id;
