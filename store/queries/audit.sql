-- name: SaveAuditEvent :execrows
INSERT INTO audit_events (id, node, complete, record) VALUES (@id, @node, @complete, @record)
ON CONFLICT (id) DO UPDATE SET complete = @complete, record = @record WHERE audit_events.position = 0;

-- name: GetUnlinkedAuditEvents :many
SELECT id, complete, record FROM audit_events
WHERE position = 0 AND (complete = 1 OR id < @lost_before) ORDER BY id LIMIT @page_size;

-- name: LinkAuditEvent :exec
UPDATE audit_events SET position = @position, hash = @hash WHERE id = @id AND position = 0;

-- name: LockAuditChain :one
INSERT INTO audit_chain (id, start_position, start_hash, end_position, end_hash) VALUES (1, 0, '', 0, '')
ON CONFLICT (id) DO UPDATE SET version = audit_chain.version + 1
RETURNING start_position, start_hash, end_position, end_hash;

-- name: SaveAuditChain :exec
UPDATE audit_chain SET start_position = @start_position, start_hash = @start_hash, end_position = @end_position, end_hash = @end_hash
WHERE id = 1;

-- name: GetAuditChain :one
SELECT start_position, start_hash, end_position, end_hash FROM audit_chain WHERE id = 1;

-- name: GetLinkedAuditEvents :many
SELECT id, node, record, position, hash FROM audit_events
WHERE position > @after ORDER BY position LIMIT @page_size;

-- name: DeleteAuditEvents :exec
DELETE FROM audit_events WHERE position > 0 AND position <= @position;

-- name: GetAuditCopy :one
SELECT position FROM audit_copies WHERE name = @name;

-- name: SaveAuditCopy :execrows
INSERT INTO audit_copies (name, position) VALUES (@name, @position)
ON CONFLICT (name) DO UPDATE SET position = @position WHERE audit_copies.position < @position;
