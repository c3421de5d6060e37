-- name: SpendSession :execrows
INSERT INTO spent_sessions (pool_id, session_id, expires_at) VALUES (@pool_id, @session_id, @expires_at)
ON CONFLICT (pool_id, session_id) DO NOTHING;

-- name: LockAttempts :one
INSERT INTO attempts (pool_id, subject, failures, last_failed_at, locked_until)
VALUES (@pool_id, @subject, 0, 0, 0)
ON CONFLICT (pool_id, subject) DO UPDATE SET failures = attempts.failures
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

-- name: PurgeSpentSessions :exec
DELETE FROM spent_sessions WHERE expires_at < @now;

-- name: TwoAttempts :many
SELECT subject, failures, last_failed_at, locked_until FROM attempts
WHERE pool_id = @pool_id AND (subject = @first OR subject = @second);

-- name: PurgeAttempts :exec
DELETE FROM attempts WHERE last_failed_at < @before AND locked_until < @before;

-- name: PurgeCodes :exec
DELETE FROM codes WHERE expires_at < @now;

-- name: SessionSpent :one
SELECT COUNT(*) FROM spent_sessions WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: CreateSessionState :exec
INSERT INTO session_states (pool_id, session_id, sealed, expires_at) VALUES (@pool_id, @session_id, @sealed, @expires_at);

-- name: GetSessionState :one
SELECT sealed FROM session_states WHERE pool_id = @pool_id AND session_id = @session_id;

-- name: PurgeSessionStates :exec
DELETE FROM session_states WHERE expires_at < @now;

-- name: GetLockedAttempts :many
SELECT subject, failures, last_failed_at, locked_until FROM attempts
WHERE pool_id = @pool_id AND locked_until > @now ORDER BY subject;
