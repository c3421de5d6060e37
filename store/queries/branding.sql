-- name: GetUICustomization :one
SELECT sqlc.embed(ui_customizations) FROM ui_customizations WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: SaveUICustomization :exec
INSERT INTO ui_customizations (pool_id, client_id, document, created_at, modified_at)
VALUES (@pool_id, @client_id, @document, @created_at, @modified_at)
ON CONFLICT (pool_id, client_id) DO UPDATE SET document = excluded.document, modified_at = excluded.modified_at;

-- name: DeleteUICustomization :exec
DELETE FROM ui_customizations WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: CreateImage :exec
INSERT INTO images (pool_id, image_id, client_id, media_type, content, created_at)
VALUES (@pool_id, @image_id, @client_id, @media_type, @content, @created_at);

-- name: GetImage :one
SELECT sqlc.embed(images) FROM images WHERE pool_id = @pool_id AND image_id = @image_id;

-- name: DeleteImage :exec
DELETE FROM images WHERE pool_id = @pool_id AND image_id = @image_id;

-- name: DeleteClientImages :exec
DELETE FROM images WHERE pool_id = @pool_id AND client_id = @client_id;
