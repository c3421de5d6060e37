-- name: CreateResourceServer :execrows
INSERT INTO resource_servers (pool_id, identifier, name, document, version, created_at, modified_at)
VALUES (@pool_id, @identifier, @name, @document, @version, @created_at, @modified_at)
ON CONFLICT (pool_id, identifier) DO NOTHING;

-- name: GetResourceServer :one
SELECT sqlc.embed(resource_servers) FROM resource_servers WHERE pool_id = @pool_id AND identifier = @identifier;

-- name: LockResourceServer :one
UPDATE resource_servers SET version = version + 1 WHERE pool_id = @pool_id AND identifier = @identifier
RETURNING pool_id, identifier, name, document, version, created_at, modified_at;

-- name: SaveResourceServer :exec
UPDATE resource_servers SET name = @name, document = @document, modified_at = @modified_at
WHERE pool_id = @pool_id AND identifier = @identifier;

-- name: DeleteResourceServer :execrows
DELETE FROM resource_servers WHERE pool_id = @pool_id AND identifier = @identifier;

-- name: ListResourceServers :many
SELECT sqlc.embed(resource_servers) FROM resource_servers
WHERE pool_id = @pool_id AND identifier > @after_identifier
ORDER BY identifier
LIMIT @page_size;

-- name: CountResourceServers :one
SELECT COUNT(*) FROM resource_servers WHERE pool_id = @pool_id;
