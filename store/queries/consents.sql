-- name: GetConsent :one
SELECT pool_id, sub, client_id, redirect_host, scopes, given_at
FROM consents WHERE pool_id = @pool_id AND sub = @sub AND client_id = @client_id AND redirect_host = @redirect_host;

-- name: SaveConsent :exec
INSERT INTO consents (pool_id, sub, client_id, redirect_host, scopes, given_at)
VALUES (@pool_id, @sub, @client_id, @redirect_host, @scopes, @given_at)
ON CONFLICT (pool_id, sub, client_id, redirect_host) DO UPDATE SET scopes = @scopes, given_at = @given_at;

-- name: DeleteUserConsents :exec
DELETE FROM consents WHERE pool_id = @pool_id AND sub = @sub;

-- name: DeleteClientConsents :exec
DELETE FROM consents WHERE pool_id = @pool_id AND client_id = @client_id;
