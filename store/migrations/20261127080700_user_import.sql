-- +goose Up
-- Imports of users from CSV files. Times are milliseconds since 1970, UTC; 0 means unset.
CREATE TABLE import_jobs (
    pool_id      TEXT   NOT NULL,
    job_id       TEXT COLLATE "C" NOT NULL,
    account_id   TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    role_arn     TEXT   NOT NULL,
    hashing      TEXT   NOT NULL, -- algorithm of the password hashes; empty if the file has none
    status       TEXT   NOT NULL,
    message      TEXT   NOT NULL, -- empty until the job ends
    ordinal      BIGINT NOT NULL, -- orders the jobs of a pool by creation
    upload       TEXT   NOT NULL, -- ID of the upload that is the file of the job; empty without a file
    uploading    TEXT   NOT NULL, -- ID of the newest upload that has begun
    position     BIGINT NOT NULL, -- bytes of the file whose rows are imported
    line         BIGINT NOT NULL, -- lines of the file that are read
    imported     BIGINT NOT NULL, -- rows
    skipped      BIGINT NOT NULL, -- rows
    failed       BIGINT NOT NULL, -- rows
    holder       TEXT   NOT NULL, -- ID of the run that may write; empty if none does
    version      BIGINT NOT NULL DEFAULT 1, -- each lock raises it, so it shows that a run works
    created_at   BIGINT NOT NULL,
    started_at   BIGINT NOT NULL,
    completed_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, job_id)
);
CREATE INDEX import_jobs_ordinal ON import_jobs (pool_id, ordinal);
CREATE INDEX import_jobs_status ON import_jobs (status, account_id);

-- Uploaded files, in parts of bounded size.
CREATE TABLE import_chunks (
    pool_id   TEXT   NOT NULL,
    job_id    TEXT   NOT NULL,
    upload_id TEXT   NOT NULL,
    start     BIGINT NOT NULL, -- bytes of the file before the part
    sealed    BYTEA  NOT NULL,
    PRIMARY KEY (pool_id, job_id, upload_id, start)
);

-- What became of each row of a file.
CREATE TABLE import_log (
    pool_id TEXT   NOT NULL,
    job_id  TEXT   NOT NULL,
    line    BIGINT NOT NULL, -- lines of the file before those of this row
    entries TEXT   NOT NULL, -- one line for each entry
    PRIMARY KEY (pool_id, job_id, line)
);
INSERT INTO additive_migrations (version) VALUES (20261127080700);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127080700;
DROP TABLE import_log;
DROP TABLE import_chunks;
DROP TABLE import_jobs;
