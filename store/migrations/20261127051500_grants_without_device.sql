-- +goose Up
-- 1 if the tokens of the sign-in can be refreshed without a device, although the pool tracks devices. Releases before this
-- one do not refresh such tokens.
ALTER TABLE grants ADD COLUMN no_device BIGINT NOT NULL DEFAULT 0;
INSERT INTO additive_migrations (version) VALUES (20261127051500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127051500;
ALTER TABLE grants DROP COLUMN no_device;
