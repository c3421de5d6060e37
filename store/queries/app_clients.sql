-- name: CreateAppClient :execrows
INSERT INTO app_clients (pool_id, client_id, name, document, sealed, secrets, version, created_at, modified_at, unused_since)
VALUES (@pool_id, @client_id, @name, @document, @sealed, @secrets, @version, @created_at, @modified_at, @unused_since)
ON CONFLICT (client_id) DO NOTHING;

-- name: GetAppClient :one
SELECT pool_id, client_id, name, document, sealed, version, created_at, modified_at, secrets, unused_since
FROM app_clients WHERE client_id = @client_id;

-- name: GetAppClientWithPool :one
SELECT sqlc.embed(app_clients), sqlc.embed(user_pools)
FROM app_clients JOIN user_pools ON user_pools.pool_id = app_clients.pool_id
WHERE app_clients.client_id = @client_id;

-- name: LockAppClient :one
UPDATE app_clients SET version = version + 1 WHERE pool_id = @pool_id AND client_id = @client_id
RETURNING pool_id, client_id, name, document, sealed, version, created_at, modified_at, secrets, unused_since;

-- name: SaveAppClient :exec
UPDATE app_clients SET name = @name, document = @document, sealed = @sealed, secrets = @secrets, modified_at = @modified_at,
    unused_since = @unused_since
WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: DeleteAppClient :execrows
DELETE FROM app_clients WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: DeleteClientGrants :exec
DELETE FROM grants WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: ListAppClients :many
SELECT pool_id, client_id, name, document, sealed, version, created_at, modified_at, secrets, unused_since
FROM app_clients
WHERE pool_id = @pool_id AND client_id > @after_id
ORDER BY client_id
LIMIT @page_size;

-- name: ListUnusedClients :many
SELECT pool_id, client_id FROM app_clients
WHERE unused_since > 0 AND unused_since <= @before ORDER BY unused_since LIMIT @page_size;
