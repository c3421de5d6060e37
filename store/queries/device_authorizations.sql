-- name: CreateDeviceAuthorization :exec
INSERT INTO device_authorizations (pool_id, device_code_hash, user_code_hash, client_id, scopes, resource, expires_at, decision,
    poll_interval, last_poll_at)
VALUES (@pool_id, @device_code_hash, @user_code_hash, @client_id, @scopes, @resource, @expires_at, @decision,
    @poll_interval, @last_poll_at);

-- name: GetDeviceAuthorization :one
SELECT pool_id, device_code_hash, user_code_hash, client_id, scopes, resource, expires_at, decision, poll_interval, last_poll_at, version
FROM device_authorizations WHERE pool_id = @pool_id AND user_code_hash = @user_code_hash;

-- name: LockDeviceAuthorization :one
UPDATE device_authorizations SET version = version + 1 WHERE pool_id = @pool_id AND device_code_hash = @device_code_hash
RETURNING pool_id, device_code_hash, user_code_hash, client_id, scopes, resource, expires_at, decision, poll_interval, last_poll_at, version;

-- name: SaveDeviceAuthorization :exec
UPDATE device_authorizations SET decision = @decision, poll_interval = @poll_interval, last_poll_at = @last_poll_at
WHERE pool_id = @pool_id AND device_code_hash = @device_code_hash;

-- name: DeleteClientDeviceAuthorizations :exec
DELETE FROM device_authorizations WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: PurgeDeviceAuthorizations :execrows
DELETE FROM device_authorizations WHERE device_authorizations.expires_at < @before AND (pool_id, device_code_hash) IN (
    SELECT expired.pool_id, expired.device_code_hash FROM device_authorizations AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
