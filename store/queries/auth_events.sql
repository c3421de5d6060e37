-- name: CreateAuthEvent :exec
INSERT INTO auth_events (pool_id, sub, event_id, created_at, expires_at, known, failed_at, device_key, device, network, country, latitude, longitude, document)
VALUES (@pool_id, @sub, @event_id, @created_at, @expires_at, @known, @failed_at, @device_key, @device, @network, @country, @latitude, @longitude,
    @document);

-- name: SaveAuthEvent :execrows
UPDATE auth_events SET known = @known, failed_at = @failed_at, device_key = @device_key, device = @device, network = @network, document = @document
WHERE pool_id = @pool_id AND sub = @sub AND event_id = @event_id;

-- name: ListAuthEvents :many
SELECT sqlc.embed(auth_events) FROM auth_events
WHERE pool_id = @pool_id AND sub = @sub AND event_id < @before_id
ORDER BY event_id DESC
LIMIT @page_size;

-- name: DeleteOldAuthEvents :exec
DELETE FROM auth_events
WHERE auth_events.pool_id = @pool_id AND auth_events.sub = @sub AND event_id <= (
    SELECT e.event_id FROM auth_events e WHERE e.pool_id = @pool_id AND e.sub = @sub
    ORDER BY e.event_id DESC LIMIT 1 OFFSET @kept
);

-- name: DeleteUserAuthEvents :exec
DELETE FROM auth_events WHERE pool_id = @pool_id AND sub = @sub;

-- name: PurgeAuthEvents :execrows
DELETE FROM auth_events WHERE auth_events.expires_at < @before AND (pool_id, sub, event_id) IN (
    SELECT expired.pool_id, expired.sub, expired.event_id FROM auth_events AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: LockAuthEvent :one
UPDATE auth_events SET version = version + 1 WHERE pool_id = @pool_id AND sub = @sub AND event_id = @event_id
RETURNING *;

-- name: ListKnownOrigins :many
SELECT device_key, device, network, created_at, country, latitude, longitude FROM auth_events
WHERE pool_id = @pool_id AND sub = @sub AND known = 1
ORDER BY event_id DESC
LIMIT @number;

-- name: CountUserFailures :one
SELECT COUNT(*) FROM auth_events
WHERE pool_id = @pool_id AND sub = @sub AND event_id >= @since_id AND failed_at > 0;

-- name: CountNetworkFailures :one
SELECT COUNT(*) FROM (
    SELECT 1 FROM auth_events WHERE pool_id = @pool_id AND network = @network AND failed_at > @since LIMIT @most
) AS failed;
