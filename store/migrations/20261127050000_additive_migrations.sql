-- +goose Up
-- Migrations after which the previous release still works. A binary that does not know a migration in the database starts
-- only if the migration is listed here.
CREATE TABLE additive_migrations (
    version BIGINT NOT NULL, -- the number at the beginning of the file's name
    PRIMARY KEY (version)
);

-- +goose Down
DROP TABLE additive_migrations;
