-- name: CreateGrant :exec
INSERT INTO grants (pool_id, grant_id, client_id, sub, origin_jti, refresh_hash, auth_time, expires_at, generation,
    last_active_at, device_type, ip_address, device_key, device_group_key, second_factor, no_device, acr, amr, created_at,
    scopes, resource, sso_session, dpop_key, id_token_claims, user_info_claims)
VALUES (@pool_id, @grant_id, @client_id, @sub, @origin_jti, @refresh_hash, @auth_time, @expires_at, @generation,
    @last_active_at, @device_type, @ip_address, @device_key, @device_group_key, @second_factor, @no_device, @acr, @amr,
    @created_at, @scopes, @resource, @sso_session, @dpop_key, @id_token_claims, @user_info_claims);

-- name: GetGrantByRefreshHash :one
SELECT pool_id, grant_id, client_id, sub, origin_jti, refresh_hash, auth_time, expires_at, revoked, generation,
    last_active_at, device_type, ip_address, device_key, device_group_key, second_factor, no_device, acr, amr, created_at,
    scopes, resource, sso_session, dpop_key, id_token_claims, user_info_claims, version
FROM grants WHERE pool_id = @pool_id AND refresh_hash = @refresh_hash;

-- name: ListLiveGrants :many
SELECT pool_id, grant_id, client_id, sub, origin_jti, refresh_hash, auth_time, expires_at, revoked, generation,
    last_active_at, device_type, ip_address, device_key, device_group_key, second_factor, no_device, acr, amr, created_at,
    scopes, resource, sso_session, dpop_key, id_token_claims, user_info_claims, version
FROM grants WHERE pool_id = @pool_id AND sub = @sub AND revoked = 0 AND expires_at > @now
ORDER BY auth_time DESC;

-- name: LockGrant :one
UPDATE grants SET version = version + 1 WHERE pool_id = @pool_id AND grant_id = @grant_id
RETURNING pool_id, grant_id, client_id, sub, origin_jti, refresh_hash, auth_time, expires_at, revoked, generation,
    last_active_at, device_type, ip_address, device_key, device_group_key, second_factor, no_device, acr, amr, created_at,
    scopes, resource, sso_session, dpop_key, id_token_claims, user_info_claims, version;

-- name: SaveGrant :exec
UPDATE grants SET generation = @generation, last_active_at = @last_active_at, device_type = @device_type,
    ip_address = @ip_address
WHERE pool_id = @pool_id AND grant_id = @grant_id;

-- name: ForgetGrantOrigins :exec
UPDATE grants SET device_type = '', ip_address = '' WHERE pool_id = @pool_id;

-- name: RevokeGrant :exec
UPDATE grants SET revoked = 1 WHERE pool_id = @pool_id AND grant_id = @grant_id;

-- name: DeleteGrant :exec
DELETE FROM grants WHERE pool_id = @pool_id AND grant_id = @grant_id;

-- name: RevokeUserGrants :exec
UPDATE grants SET revoked = 1 WHERE pool_id = @pool_id AND sub = @sub AND revoked = 0;

-- name: RevokeSSOSessionGrants :exec
UPDATE grants SET revoked = 1 WHERE pool_id = @pool_id AND sub = @sub AND sso_session = @sso_session AND revoked = 0;

-- name: GetGrant :one
SELECT pool_id, grant_id, client_id, sub, origin_jti, refresh_hash, auth_time, expires_at, revoked, generation,
    last_active_at, device_type, ip_address, device_key, device_group_key, second_factor, no_device, acr, amr, created_at,
    scopes, resource, sso_session, dpop_key, id_token_claims, user_info_claims, version
FROM grants WHERE pool_id = @pool_id AND grant_id = @grant_id;

-- name: RevokeIdleGrants :exec
UPDATE grants SET revoked = 1 WHERE grants.pool_id = @pool_id AND grants.grant_id IN (
    SELECT live.grant_id FROM grants AS live
    WHERE live.pool_id = @pool_id AND live.sub = @sub AND live.revoked = 0 AND live.expires_at > @now
    ORDER BY live.last_active_at DESC LIMIT 1000000 OFFSET @kept);

-- name: DeleteOldGrants :exec
DELETE FROM grants WHERE grants.pool_id = @pool_id AND grants.sub = @sub AND grants.auth_time < (
    SELECT newer.auth_time FROM grants AS newer
    WHERE newer.pool_id = @pool_id AND newer.sub = @sub
    ORDER BY newer.auth_time DESC LIMIT 1 OFFSET @older_than);

-- name: DeleteOldSSOSessionGrants :exec
DELETE FROM grants WHERE grants.pool_id = @pool_id AND grants.sub = @sub AND grants.sso_session = @sso_session
    AND grants.created_at < (
        SELECT newer.created_at FROM grants AS newer
        WHERE newer.pool_id = @pool_id AND newer.sub = @sub AND newer.sso_session = @sso_session
        ORDER BY newer.created_at DESC LIMIT 1 OFFSET @older_than);

-- name: PurgeGrants :execrows
DELETE FROM grants WHERE grants.expires_at < @before AND (pool_id, grant_id) IN (
    SELECT expired.pool_id, expired.grant_id FROM grants AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: RetireRefreshToken :exec
INSERT INTO retired_refresh_tokens (pool_id, grant_id, generation, retired_at)
VALUES (@pool_id, @grant_id, @generation, @retired_at);

-- name: GetRetirement :one
SELECT retired_at FROM retired_refresh_tokens
WHERE pool_id = @pool_id AND grant_id = @grant_id AND generation = @generation;

-- name: PurgeRetiredRefreshTokens :execrows
DELETE FROM retired_refresh_tokens WHERE retired_refresh_tokens.retired_at < @before AND (pool_id, grant_id, generation) IN (
    SELECT expired.pool_id, expired.grant_id, expired.generation FROM retired_refresh_tokens AS expired WHERE expired.retired_at < @before LIMIT @page_size
);

-- name: GetPrincipal :one
SELECT sqlc.embed(user_pools), sqlc.embed(app_clients), sqlc.embed(users), grants.revoked, grants.amr,
    grants.auth_time, grants.sso_session, grants.user_info_claims
FROM grants
JOIN user_pools ON user_pools.pool_id = grants.pool_id
JOIN app_clients ON app_clients.pool_id = grants.pool_id AND app_clients.client_id = grants.client_id
JOIN users ON users.pool_id = grants.pool_id AND users.sub = grants.sub
WHERE grants.pool_id = @pool_id AND grants.grant_id = @grant_id;
