-- name: ListWholeUsers :many
SELECT sqlc.embed(users) FROM users WHERE pool_id = @pool_id AND sub > @after_sub ORDER BY sub LIMIT @page_size;

-- name: ListAllUICustomizations :many
SELECT sqlc.embed(ui_customizations) FROM ui_customizations WHERE pool_id = @pool_id ORDER BY client_id;

-- name: ListAllLoginStyles :many
SELECT sqlc.embed(login_styles) FROM login_styles WHERE pool_id = @pool_id ORDER BY style_id;

-- name: ListAllTerms :many
SELECT sqlc.embed(terms) FROM terms WHERE pool_id = @pool_id ORDER BY terms_id;

-- name: ListImageIDs :many
SELECT image_id FROM images WHERE pool_id = @pool_id ORDER BY image_id;

-- name: ListAllGroups :many
SELECT sqlc.embed(user_groups) FROM user_groups WHERE pool_id = @pool_id ORDER BY ordinal;
