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

-- name: GetLoginStyle :one
SELECT sqlc.embed(login_styles) FROM login_styles WHERE pool_id = @pool_id AND style_id = @style_id;

-- name: GetClientLoginStyle :one
SELECT sqlc.embed(login_styles) FROM login_styles WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: CountLoginStyles :one
SELECT COUNT(*) FROM login_styles WHERE pool_id = @pool_id;

-- name: CreateLoginStyle :execrows
INSERT INTO login_styles (pool_id, style_id, client_id, document, created_at, modified_at)
VALUES (@pool_id, @style_id, @client_id, @document, @created_at, @modified_at)
ON CONFLICT DO NOTHING;

-- name: SaveLoginStyle :exec
UPDATE login_styles SET document = @document, modified_at = @modified_at WHERE pool_id = @pool_id AND style_id = @style_id;

-- name: DeleteLoginStyle :exec
DELETE FROM login_styles WHERE pool_id = @pool_id AND style_id = @style_id;

-- name: DeleteClientLoginStyle :exec
DELETE FROM login_styles WHERE pool_id = @pool_id AND client_id = @client_id;

-- name: ListLooks :many
SELECT 'customization' AS kind, ui_customizations.client_id AS client_id, '' AS id, '' AS name, ui_customizations.document AS document,
    ui_customizations.created_at AS created_at, ui_customizations.modified_at AS modified_at
FROM ui_customizations
WHERE ui_customizations.pool_id = @pool_id AND (ui_customizations.client_id = @client_id OR ui_customizations.client_id = '')
UNION ALL
SELECT 'style', login_styles.client_id, login_styles.style_id, '', login_styles.document, login_styles.created_at, login_styles.modified_at
FROM login_styles WHERE login_styles.pool_id = @pool_id AND login_styles.client_id = @client_id
UNION ALL
SELECT 'terms', terms.client_id, terms.terms_id, terms.name, terms.document, terms.created_at, terms.modified_at
FROM terms WHERE terms.pool_id = @pool_id AND terms.client_id = @client_id;
