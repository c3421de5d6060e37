-- name: CreateDevice :execrows
INSERT INTO devices (pool_id, sub, device_key, group_key, name, sealed, remembered, trusted, last_ip, created_at,
    modified_at, authenticated_at)
VALUES (@pool_id, @sub, @device_key, @group_key, @name, @sealed, @remembered, @trusted, @last_ip, @created_at,
    @modified_at, @authenticated_at)
ON CONFLICT (pool_id, sub, device_key) DO NOTHING;

-- name: DeleteOldDevices :exec
DELETE FROM devices WHERE devices.pool_id = @pool_id AND devices.sub = @sub AND devices.authenticated_at < (
    SELECT newer.authenticated_at FROM devices AS newer
    WHERE newer.pool_id = @pool_id AND newer.sub = @sub
    ORDER BY newer.authenticated_at DESC LIMIT 1 OFFSET @older_than);

-- name: GetDevice :one
SELECT sqlc.embed(devices) FROM devices WHERE pool_id = @pool_id AND sub = @sub AND device_key = @device_key;

-- name: ListDevices :many
SELECT sqlc.embed(devices) FROM devices
WHERE pool_id = @pool_id AND sub = @sub AND device_key > @after_key
ORDER BY device_key
LIMIT @page_size;

-- name: SetDeviceRemembered :execrows
UPDATE devices SET remembered = @remembered, modified_at = @modified_at
WHERE pool_id = @pool_id AND sub = @sub AND device_key = @device_key;

-- name: TouchDevice :exec
UPDATE devices SET last_ip = @last_ip, authenticated_at = @authenticated_at, trusted = @trusted
WHERE pool_id = @pool_id AND sub = @sub AND device_key = @device_key;

-- name: DeleteDevice :execrows
DELETE FROM devices WHERE pool_id = @pool_id AND sub = @sub AND device_key = @device_key;

-- name: ForgetGrantsDevice :exec
UPDATE grants SET device_key = '', device_group_key = ''
WHERE pool_id = @pool_id AND sub = @sub AND device_key = @device_key;

-- name: GetGrantDevice :one
SELECT device_key, device_group_key, auth_time, second_factor FROM grants
WHERE pool_id = @pool_id AND grant_id = @grant_id AND revoked = 0;

-- name: DeleteUserDevices :exec
DELETE FROM devices WHERE pool_id = @pool_id AND sub = @sub;
