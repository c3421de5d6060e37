-- name: CreateSSOSession :exec
INSERT INTO sso_sessions (pool_id, session_id, secret_hash, sub, client_id, auth_time, expires_at, stamp, amr,
    second_factor, device_type, ip_address, last_active_at)
VALUES (@pool_id, @session_id, @secret_hash, @sub, @client_id, @auth_time, @expires_at, @stamp, @amr,
    @second_factor, @device_type, @ip_address, @last_active_at);

-- name: GetSSOSession :one
SELECT sqlc.embed(sso_sessions), sqlc.embed(users)
FROM sso_sessions JOIN users ON users.pool_id = sso_sessions.pool_id AND users.sub = sso_sessions.sub
WHERE sso_sessions.pool_id = @pool_id AND sso_sessions.secret_hash = @secret_hash;

-- name: GetSSOSessionByID :one
SELECT pool_id, session_id, secret_hash, sub, client_id, auth_time, expires_at, stamp, amr, second_factor, device_type,
    ip_address, last_active_at, version
FROM sso_sessions WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: LockSSOSession :one
UPDATE sso_sessions SET version = version + 1 WHERE pool_id = @pool_id AND session_id = @session_id
RETURNING pool_id, session_id, secret_hash, sub, client_id, auth_time, expires_at, stamp, amr, second_factor,
    device_type, ip_address, last_active_at, version;

-- name: ListSSOSessions :many
SELECT pool_id, session_id, secret_hash, sub, client_id, auth_time, expires_at, stamp, amr, second_factor,
    device_type, ip_address, last_active_at, version
FROM sso_sessions WHERE pool_id = @pool_id AND sub = @sub AND expires_at > @now
ORDER BY auth_time DESC;

-- name: TouchSSOSession :exec
UPDATE sso_sessions SET device_type = @device_type, ip_address = @ip_address, last_active_at = @last_active_at
WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: DeleteSSOSession :exec
DELETE FROM sso_sessions WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: DeleteUserSSOSessions :exec
DELETE FROM sso_sessions WHERE pool_id = @pool_id AND sub = @sub;

-- name: DeletePoolSSOSessions :exec
DELETE FROM sso_sessions WHERE pool_id = @pool_id;

-- name: DeleteClientSSOSessions :exec
DELETE FROM sso_sessions WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: DeleteOldSSOSessions :exec
DELETE FROM sso_sessions WHERE sso_sessions.pool_id = @pool_id AND sso_sessions.sub = @sub AND sso_sessions.auth_time < (
    SELECT newer.auth_time FROM sso_sessions AS newer
    WHERE newer.pool_id = @pool_id AND newer.sub = @sub
    ORDER BY newer.auth_time DESC LIMIT 1 OFFSET @older_than);

-- name: PurgeSSOSessions :execrows
DELETE FROM sso_sessions WHERE sso_sessions.expires_at < @before AND (pool_id, session_id) IN (
    SELECT expired.pool_id, expired.session_id FROM sso_sessions AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
