-- name: ListDomainNames :many
SELECT kind, name FROM domains ORDER BY name;

-- name: CreateACMEAccount :exec
INSERT INTO acme_accounts (directory, sealed, created_at) VALUES (@directory, @sealed, @created_at)
ON CONFLICT DO NOTHING;

-- name: GetACMEAccount :one
SELECT sealed FROM acme_accounts WHERE directory = @directory;

-- name: ListCertificates :many
SELECT directory, name, version, not_before, not_after, failures, retry_at, reason FROM certificates ORDER BY name, directory;

-- name: GetCertificate :one
SELECT sealed, version FROM certificates WHERE name = @name AND directory = @directory;

-- name: SaveCertificate :exec
INSERT INTO certificates (directory, name, sealed, version, not_before, not_after, failures, retry_at, reason)
VALUES (@directory, @name, @sealed, @version, @not_before, @not_after, 0, 0, '')
ON CONFLICT (name, directory) DO UPDATE SET sealed = @sealed, version = @version, not_before = @not_before, not_after = @not_after,
    failures = 0, retry_at = 0, reason = '';

-- name: SaveCertificateFailure :exec
INSERT INTO certificates (directory, name, sealed, version, not_before, not_after, failures, retry_at, reason)
VALUES (@directory, @name, @empty, 0, 0, 0, 1, @retry_at, @reason)
ON CONFLICT (name, directory) DO UPDATE SET failures = certificates.failures + 1, retry_at = @retry_at, reason = @reason;

-- name: PurgeCertificates :exec
DELETE FROM certificates WHERE not_after < @before AND retry_at < @before;

-- name: CreateACMEChallenge :exec
INSERT INTO acme_challenges (name, token, directory, type, expires_at) VALUES (@name, @token, @directory, @type, @expires_at)
ON CONFLICT DO NOTHING;

-- name: ListACMEChallenges :many
SELECT name, token, directory, type FROM acme_challenges WHERE expires_at > @now ORDER BY name, token;

-- name: DeleteACMEChallenge :exec
DELETE FROM acme_challenges WHERE name = @name AND token = @token;

-- name: PurgeACMEChallenges :exec
DELETE FROM acme_challenges WHERE expires_at < @before;
