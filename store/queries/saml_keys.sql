-- name: CreateSAMLKey :exec
INSERT INTO saml_keys (pool_id, key_id, sealed, certificate, created_at)
VALUES (@pool_id, @key_id, @sealed, @certificate, @created_at);

-- name: ListSAMLKeys :many
SELECT sqlc.embed(saml_keys) FROM saml_keys WHERE pool_id = @pool_id ORDER BY created_at DESC, key_id;

-- name: CountSAMLKeysSince :one
SELECT COUNT(*) FROM saml_keys WHERE pool_id = @pool_id AND created_at > @since;

-- name: ListPoolsWithOldSAMLKeys :many
SELECT pool_id FROM saml_keys GROUP BY pool_id HAVING MAX(created_at) <= @newest_at ORDER BY pool_id LIMIT @page_size;
