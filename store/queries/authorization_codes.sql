-- name: CreateAuthorizationCode :exec
INSERT INTO authorization_codes (pool_id, code_hash, client_id, sub, redirect_uri, scopes, nonce, challenge, resource,
    sso_session, acr, amr, second_factor, auth_time, stamp, expires_at, grant_id, dpop_key, id_token_claims, user_info_claims)
VALUES (@pool_id, @code_hash, @client_id, @sub, @redirect_uri, @scopes, @nonce, @challenge, @resource,
    @sso_session, @acr, @amr, @second_factor, @auth_time, @stamp, @expires_at, '', @dpop_key, @id_token_claims, @user_info_claims);

-- name: GetAuthorizationCode :one
SELECT pool_id, code_hash, client_id, sub, redirect_uri, scopes, nonce, challenge, resource, sso_session, acr, amr,
    second_factor, auth_time, stamp, expires_at, grant_id, dpop_key, id_token_claims, user_info_claims, version
FROM authorization_codes WHERE pool_id = @pool_id AND code_hash = @code_hash;

-- name: LockAuthorizationCode :one
UPDATE authorization_codes SET version = version + 1 WHERE pool_id = @pool_id AND code_hash = @code_hash
RETURNING pool_id, code_hash, client_id, sub, redirect_uri, scopes, nonce, challenge, resource, sso_session, acr, amr,
    second_factor, auth_time, stamp, expires_at, grant_id, dpop_key, id_token_claims, user_info_claims, version;

-- name: SpendAuthorizationCode :exec
UPDATE authorization_codes SET grant_id = @grant_id WHERE pool_id = @pool_id AND code_hash = @code_hash;

-- name: DeleteSSOSessionAuthorizationCodes :exec
DELETE FROM authorization_codes
WHERE pool_id = @pool_id AND sub = @sub AND sso_session = @sso_session AND grant_id = '';

-- name: DeleteUserAuthorizationCodes :exec
DELETE FROM authorization_codes WHERE pool_id = @pool_id AND sub = @sub;

-- name: DeleteClientAuthorizationCodes :exec
DELETE FROM authorization_codes WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: DeleteOldAuthorizationCodes :exec
DELETE FROM authorization_codes
WHERE authorization_codes.pool_id = @pool_id AND authorization_codes.sub = @sub AND authorization_codes.expires_at < (
    SELECT newer.expires_at FROM authorization_codes AS newer
    WHERE newer.pool_id = @pool_id AND newer.sub = @sub
    ORDER BY newer.expires_at DESC LIMIT 1 OFFSET @older_than);

-- name: PurgeAuthorizationCodes :execrows
DELETE FROM authorization_codes WHERE authorization_codes.expires_at < @before AND (pool_id, code_hash) IN (
    SELECT expired.pool_id, expired.code_hash FROM authorization_codes AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
