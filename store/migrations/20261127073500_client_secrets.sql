-- +goose Up
-- All secrets of an app client, sealed, if "sealed" does not say everything: there are two, or the one was added later. "sealed"
-- still holds the oldest one, which is the only one that earlier releases accept.
ALTER TABLE app_clients ADD COLUMN secrets BYTEA NOT NULL DEFAULT '';
INSERT INTO additive_migrations (version) VALUES (20261127073500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127073500;
ALTER TABLE app_clients DROP COLUMN secrets;
