-- +goose Up
-- Resource servers, which define the custom scopes of a pool. Times are milliseconds since 1970, UTC. The migration
-- 20261127072500 in store/migrate_scopes.go fills the table.
CREATE TABLE resource_servers (
    pool_id     TEXT   NOT NULL,
    identifier  TEXT COLLATE "C" NOT NULL,
    name        TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- the scopes
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, identifier)
);
INSERT INTO additive_migrations (version) VALUES (20261127072400);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127072400;
DROP TABLE resource_servers;
