-- name: CreatePushedRequest :exec
INSERT INTO pushed_requests (pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at)
VALUES (@pool_id, @request_hash, @client_id, @sealed, @browser, @is_spent, @expires_at);

-- name: GetPushedRequest :one
SELECT pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at
FROM pushed_requests WHERE pool_id = @pool_id AND request_hash = @request_hash;

-- name: LockPushedRequest :one
UPDATE pushed_requests SET is_spent = is_spent WHERE pool_id = @pool_id AND request_hash = @request_hash
RETURNING pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at;

-- name: SavePushedRequest :exec
UPDATE pushed_requests SET browser = @browser, is_spent = @is_spent, expires_at = @expires_at
WHERE pool_id = @pool_id AND request_hash = @request_hash;

-- name: DeleteClientPushedRequests :exec
DELETE FROM pushed_requests WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: PurgePushedRequests :exec
DELETE FROM pushed_requests WHERE expires_at < @now;

-- name: SpendID :execrows
INSERT INTO spent_ids (pool_id, id_hash, expires_at) VALUES (@pool_id, @id_hash, @expires_at)
ON CONFLICT (pool_id, id_hash) DO NOTHING;

-- name: PurgeSpentIDs :exec
DELETE FROM spent_ids WHERE expires_at < @now;
