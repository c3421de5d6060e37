-- name: GetTerms :one
SELECT sqlc.embed(terms) FROM terms WHERE pool_id = @pool_id AND terms_id = @terms_id;

-- name: GetClientTerms :one
SELECT sqlc.embed(terms) FROM terms WHERE pool_id = @pool_id AND client_id = @client_id AND name = @name;

-- name: ListTerms :many
SELECT sqlc.embed(terms) FROM terms WHERE pool_id = @pool_id AND terms_id > @after_id ORDER BY terms_id LIMIT @page_size;

-- name: CountTerms :one
SELECT COUNT(*) FROM terms WHERE pool_id = @pool_id;

-- name: CreateTerms :execrows
INSERT INTO terms (pool_id, terms_id, client_id, name, document, created_at, modified_at)
VALUES (@pool_id, @terms_id, @client_id, @name, @document, @created_at, @modified_at)
ON CONFLICT DO NOTHING;

-- name: SaveTerms :exec
UPDATE terms SET name = @name, document = @document, modified_at = @modified_at
WHERE pool_id = @pool_id AND terms_id = @terms_id;

-- name: DeleteTerms :execrows
DELETE FROM terms WHERE pool_id = @pool_id AND terms_id = @terms_id;

-- name: DeleteClientTerms :exec
DELETE FROM terms WHERE pool_id = @pool_id AND client_id = @client_id;
