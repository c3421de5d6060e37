-- name: SaveHeartbeat :exec
INSERT INTO nodes (node_id, beats, beat_at) VALUES (@node_id, 1, @beat_at)
ON CONFLICT (node_id) DO UPDATE SET beats = nodes.beats + 1, beat_at = @beat_at;

-- name: ListNodes :many
SELECT node_id, beats, beat_at FROM nodes ORDER BY node_id;

-- name: DeleteNode :exec
DELETE FROM nodes WHERE node_id = @node_id;

-- name: PurgeNodes :execrows
DELETE FROM nodes WHERE nodes.beat_at < @before AND node_id IN (
    SELECT expired.node_id FROM nodes AS expired WHERE expired.beat_at < @before LIMIT @page_size
);
