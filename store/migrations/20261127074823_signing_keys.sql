-- +goose Up
-- From when a signing key signs tokens, in milliseconds since 1970, UTC. A key never signs before it was created, so 0 means
-- since its creation.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
-- A random number that changes whenever the signing keys of the pool change. Servers cache the keys with it.
ALTER TABLE user_pools ADD COLUMN keys_version BIGINT NOT NULL DEFAULT 0;
INSERT INTO additive_migrations (version) VALUES (20261127074823);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127074823;
ALTER TABLE user_pools DROP COLUMN keys_version;
ALTER TABLE signing_keys DROP COLUMN signs_from;
