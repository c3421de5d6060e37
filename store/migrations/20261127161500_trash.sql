-- +goose Up
-- Users, app clients and user pools that were deleted and can be restored. Part 0 of an entry says what it is, and the other parts
-- have its rows. Times are milliseconds since 1970, UTC.
CREATE TABLE trash (
    trash_id   TEXT COLLATE "C" NOT NULL,
    part       BIGINT NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1, -- each lock raises it
    deleted_at BIGINT NOT NULL,
    sealed     BYTEA  NOT NULL, -- what it is, or rows of one table
    PRIMARY KEY (trash_id, part)
);
CREATE INDEX trash_deleted ON trash (deleted_at, trash_id) WHERE part = 0;

-- User pools that are written in several transactions. They have no row in user_pools before the last one.
CREATE TABLE staged_pools (
    pool_id    TEXT   NOT NULL,
    holder     TEXT   NOT NULL, -- a new ID for each process that writes the pool
    renewed_at BIGINT NOT NULL, -- the last transaction
    PRIMARY KEY (pool_id)
);
INSERT INTO additive_migrations (version) VALUES (20261127161500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127161500;
DROP TABLE staged_pools;
DROP TABLE trash;
