-- +goose Up
-- When the database was restored from a backup, so that what was used once after the backup is not accepted again.
CREATE TABLE restores (
    restore_id  TEXT   NOT NULL, -- random
    restored_at BIGINT NOT NULL, -- unix milliseconds
    PRIMARY KEY (restore_id)
);
INSERT INTO additive_migrations (version) VALUES (20261127162200);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127162200;
DROP TABLE restores;
