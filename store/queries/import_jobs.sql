-- name: CreateImportJob :execrows
INSERT INTO import_jobs (pool_id, job_id, account_id, name, role_arn, hashing, status, message, ordinal, upload, uploading, position, line, imported,
    skipped, failed, holder, version, created_at, started_at, completed_at)
VALUES (@pool_id, @job_id, @account_id, @name, @role_arn, @hashing, @status, '', @ordinal, '', '', 0, 0, 0, 0, 0, '', @version,
    @created_at, 0, 0)
ON CONFLICT (pool_id, job_id) DO NOTHING;

-- name: LastImportJobOrdinal :one
SELECT ordinal FROM import_jobs WHERE pool_id = @pool_id ORDER BY ordinal DESC LIMIT 1;

-- name: CountImportJobs :one
SELECT COUNT(*) FROM import_jobs WHERE pool_id = @pool_id;

-- name: CountRunningImportJobs :one
SELECT COUNT(*) FROM import_jobs
WHERE status IN ('Pending', 'InProgress', 'Stopping') AND account_id = @account_id
  AND pool_id > @after_id AND pool_id < @before_id;

-- name: GetImportJob :one
SELECT sqlc.embed(import_jobs) FROM import_jobs WHERE pool_id = @pool_id AND job_id = @job_id;

-- name: ListImportJobs :many
SELECT sqlc.embed(import_jobs) FROM import_jobs
WHERE pool_id = @pool_id AND ordinal < @before_ordinal
ORDER BY ordinal DESC
LIMIT @page_size;

-- name: ListRunningImportJobs :many
SELECT sqlc.embed(import_jobs) FROM import_jobs WHERE status IN ('Pending', 'InProgress', 'Stopping');

-- name: LockImportJob :one
UPDATE import_jobs SET version = version + 1 WHERE pool_id = @pool_id AND job_id = @job_id
RETURNING pool_id, job_id, account_id, name, role_arn, hashing, status, message, ordinal, upload, uploading, position, line, imported,
    skipped, failed, holder, version, created_at, started_at, completed_at;

-- name: SaveImportJob :exec
UPDATE import_jobs SET status = @status, message = @message, upload = @upload, uploading = @uploading, position = @position,
    line = @line, imported = @imported, skipped = @skipped, failed = @failed, holder = @holder, started_at = @started_at,
    completed_at = @completed_at
WHERE pool_id = @pool_id AND job_id = @job_id;

-- name: CreateImportChunk :exec
INSERT INTO import_chunks (pool_id, job_id, upload_id, start, sealed)
VALUES (@pool_id, @job_id, @upload_id, @start, @sealed);

-- name: GetImportChunk :one
SELECT start, sealed FROM import_chunks
WHERE pool_id = @pool_id AND job_id = @job_id AND upload_id = @upload_id AND start <= @position
ORDER BY start DESC
LIMIT 1;

-- name: DeleteImportChunks :exec
DELETE FROM import_chunks WHERE pool_id = @pool_id AND job_id = @job_id AND upload_id <> @except_id;

-- name: CreateImportLog :exec
INSERT INTO import_log (pool_id, job_id, line, entries) VALUES (@pool_id, @job_id, @line, @entries);

-- name: ExpireImportJobs :exec
UPDATE import_jobs SET status = 'Expired', message = @message, upload = '', uploading = '',
    completed_at = created_at + @lifetime
WHERE status = 'Created' AND created_at <= @before;

-- name: PurgeImportChunks :execrows
DELETE FROM import_chunks WHERE (pool_id, job_id, upload_id, start) IN (
    SELECT pool_id, job_id, upload_id, start FROM import_chunks WHERE NOT EXISTS (
        SELECT 1 FROM import_jobs
        WHERE import_jobs.pool_id = import_chunks.pool_id AND import_jobs.job_id = import_chunks.job_id
          AND (import_jobs.upload = import_chunks.upload_id
            OR import_jobs.uploading = import_chunks.upload_id AND import_jobs.created_at > @before)
    )
    LIMIT @page_size
);

-- name: PurgeImportLog :execrows
DELETE FROM import_log WHERE (pool_id, job_id, line) IN (
    SELECT pool_id, job_id, line FROM import_log WHERE EXISTS (
        SELECT 1 FROM import_jobs
        WHERE import_jobs.pool_id = import_log.pool_id AND import_jobs.job_id = import_log.job_id
          AND import_jobs.completed_at > 0 AND import_jobs.completed_at < @before
    )
    LIMIT @page_size
);
