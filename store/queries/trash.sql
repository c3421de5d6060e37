-- name: CreateTrash :exec
INSERT INTO trash (trash_id, part, deleted_at, sealed) VALUES (@trash_id, @part, @deleted_at, @sealed);

-- name: GetTrashPart :one
SELECT sqlc.embed(trash) FROM trash WHERE trash_id = @trash_id AND part = @part;

-- name: LockTrash :one
UPDATE trash SET version = version + 1 WHERE trash_id = @trash_id AND part = 0
RETURNING trash_id, part, version, deleted_at, sealed;

-- name: ListTrash :many
SELECT sqlc.embed(trash) FROM trash
WHERE part = 0 AND (deleted_at > @after_deleted OR deleted_at = @after_deleted AND trash_id > @after_id)
ORDER BY deleted_at, trash_id
LIMIT @page_size;

-- name: DeleteTrashFrom :exec
DELETE FROM trash WHERE trash_id = @trash_id AND part >= @first_part;

-- name: StagePool :execrows
INSERT INTO staged_pools (pool_id, holder, renewed_at) VALUES (@pool_id, @holder, @renewed_at)
ON CONFLICT (pool_id) DO UPDATE SET holder = @holder, renewed_at = @renewed_at
WHERE staged_pools.renewed_at < @abandoned;

-- name: RenewStagedPool :execrows
UPDATE staged_pools SET renewed_at = @renewed_at WHERE pool_id = @pool_id AND holder = @holder;

-- name: DeleteStagedPool :execrows
DELETE FROM staged_pools WHERE pool_id = @pool_id AND holder = @holder;

-- name: ListAbandonedPools :many
SELECT pool_id, holder FROM staged_pools WHERE renewed_at < @before;
