-- +goose Up
-- The sealed hash of an imported password; empty after the first sign-in with it, and without one. Releases that do not know
-- the column keep it.
ALTER TABLE users ADD COLUMN imported_hash BYTEA NOT NULL DEFAULT '';
INSERT INTO additive_migrations (version) VALUES (20261127083617);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127083617;
ALTER TABLE users DROP COLUMN imported_hash;
