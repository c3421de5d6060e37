-- name: LastRestore :one
SELECT restore_id, restored_at FROM restores ORDER BY restored_at DESC, restore_id DESC LIMIT 1;
