-- name: SpendSession :execrows
INSERT INTO spent_sessions (pool_id, session_id, expires_at) VALUES (@pool_id, @session_id, @expires_at)
ON CONFLICT (pool_id, session_id) DO NOTHING;

-- name: LockAttempts :one
INSERT INTO attempts (pool_id, subject, failures, last_failed_at, locked_until)
VALUES (@pool_id, @subject, 0, 0, 0)
ON CONFLICT (pool_id, subject) DO UPDATE SET version = attempts.version + 1
RETURNING failures, last_failed_at, locked_until;

-- name: SaveAttempts :exec
UPDATE attempts SET failures = @failures, last_failed_at = @last_failed_at, locked_until = @locked_until
WHERE pool_id = @pool_id AND subject = @subject;

-- name: DeleteAttempts :exec
DELETE FROM attempts WHERE pool_id = @pool_id AND subject = @subject;

-- name: SaveCode :exec
INSERT INTO codes (pool_id, sub, purpose, sealed, attribute, destination, expires_at)
VALUES (@pool_id, @sub, @purpose, @sealed, @attribute, @destination, @expires_at)
ON CONFLICT (pool_id, sub, purpose) DO UPDATE SET sealed = @sealed, attribute = @attribute,
    destination = @destination, expires_at = @expires_at, failures = 0;

-- name: LockCode :one
UPDATE codes SET failures = failures + 1 WHERE pool_id = @pool_id AND sub = @sub AND purpose = @purpose
RETURNING sealed, attribute, destination, failures, expires_at;

-- name: DeleteCode :exec
DELETE FROM codes WHERE pool_id = @pool_id AND sub = @sub AND purpose = @purpose;

-- name: PurgeSpentSessions :execrows
DELETE FROM spent_sessions WHERE spent_sessions.expires_at < @before AND (pool_id, session_id) IN (
    SELECT expired.pool_id, expired.session_id FROM spent_sessions AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: TwoAttempts :many
SELECT subject, failures, last_failed_at, locked_until FROM attempts
WHERE pool_id = @pool_id AND subject IN (@first, @second);

-- name: PurgeAttempts :execrows
DELETE FROM attempts WHERE attempts.last_failed_at < @before AND attempts.locked_until < @before AND (pool_id, subject) IN (
    SELECT expired.pool_id, expired.subject FROM attempts AS expired WHERE expired.last_failed_at < @before AND expired.locked_until < @before LIMIT @page_size
);

-- name: PurgeCodes :execrows
DELETE FROM codes WHERE codes.expires_at < @before AND (pool_id, sub, purpose) IN (
    SELECT expired.pool_id, expired.sub, expired.purpose FROM codes AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: SessionSpent :one
SELECT COUNT(*) FROM spent_sessions WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: CreateSessionState :exec
INSERT INTO session_states (pool_id, session_id, sealed, expires_at) VALUES (@pool_id, @session_id, @sealed, @expires_at);

-- name: GetSessionState :one
SELECT sealed FROM session_states WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: PurgeSessionStates :execrows
DELETE FROM session_states WHERE session_states.expires_at < @before AND (pool_id, session_id) IN (
    SELECT expired.pool_id, expired.session_id FROM session_states AS expired WHERE expired.expires_at < @before LIMIT @page_size
);

-- name: GetLockedAttempts :many
SELECT subject, failures, last_failed_at, locked_until FROM attempts
WHERE pool_id = @pool_id AND locked_until > @now ORDER BY subject;
