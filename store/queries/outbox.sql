-- name: CreateOutgoing :exec
INSERT INTO outbox (pool_id, message_id, sub, medium, sealed, due_at, expires_at)
VALUES (@pool_id, @message_id, @sub, @medium, @sealed, @due_at, @expires_at);

-- name: DueOutgoing :many
SELECT pool_id, message_id FROM outbox WHERE medium = @medium AND due_at <= @now ORDER BY due_at, message_id LIMIT @page_size;

-- name: ClaimOutgoing :one
UPDATE outbox SET lease = @lease, due_at = @lease_ends, attempts = attempts + 1
WHERE pool_id = @pool_id AND message_id = @message_id AND due_at <= @now
RETURNING sub, medium, sealed, attempts, expires_at;

-- name: PostponeOutgoing :exec
UPDATE outbox SET lease = '', due_at = @due_at
WHERE pool_id = @pool_id AND message_id = @message_id AND lease = @lease;

-- name: DeleteOutgoing :exec
DELETE FROM outbox WHERE pool_id = @pool_id AND message_id = @message_id;

-- name: DeleteUserOutgoing :exec
DELETE FROM outbox WHERE pool_id = @pool_id AND sub = @sub;

-- name: CountOutgoing :many
SELECT medium, COUNT(*) AS waiting FROM outbox GROUP BY medium;

-- name: PurgeOutgoing :execrows
DELETE FROM outbox WHERE outbox.expires_at < @before AND (pool_id, message_id) IN (
    SELECT expired.pool_id, expired.message_id FROM outbox AS expired WHERE expired.expires_at < @before LIMIT @page_size
);
