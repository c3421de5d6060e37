-- name: CreatePushedRequest :exec
INSERT INTO pushed_requests (pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at)
VALUES (@pool_id, @request_hash, @client_id, @sealed, @browser, @is_spent, @expires_at);

-- name: GetPushedRequest :one
SELECT pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at, version
FROM pushed_requests WHERE pool_id = @pool_id AND request_hash = @request_hash;

-- name: LockPushedRequest :one
UPDATE pushed_requests SET version = version + 1 WHERE pool_id = @pool_id AND request_hash = @request_hash
RETURNING pool_id, request_hash, client_id, sealed, browser, is_spent, expires_at, version;

-- name: SavePushedRequest :exec
UPDATE pushed_requests SET browser = @browser, is_spent = @is_spent, expires_at = @expires_at
WHERE pool_id = @pool_id AND request_hash = @request_hash;

-- name: DeleteClientPushedRequests :exec
DELETE FROM pushed_requests WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: PurgePushedRequests :execrows
DELETE FROM pushed_requests WHERE pushed_requests.expires_at < @before AND (pool_id, request_hash) IN (
    SELECT expired.pool_id, expired.request_hash FROM pushed_requests AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: SpendID :execrows
INSERT INTO spent_ids (pool_id, id_hash, expires_at) VALUES (@pool_id, @id_hash, @expires_at)
ON CONFLICT (pool_id, id_hash) DO NOTHING;

-- name: PurgeSpentIDs :execrows
DELETE FROM spent_ids WHERE spent_ids.expires_at < @before AND (pool_id, id_hash) IN (
    SELECT expired.pool_id, expired.id_hash FROM spent_ids AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
