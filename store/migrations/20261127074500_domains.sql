-- +goose Up
-- The domains of pools. Times are milliseconds since 1970, UTC.
CREATE TABLE domains (
    pool_id     TEXT   NOT NULL,
    kind        TEXT   NOT NULL, -- PREFIX or CUSTOM
    name        TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- Domain
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, kind)
);
CREATE UNIQUE INDEX domains_name ON domains (name);
INSERT INTO additive_migrations (version) VALUES (20261127074500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127074500;
DROP TABLE domains;
