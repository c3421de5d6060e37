-- +goose Up
-- The level of a sign-in, by its name in the pool at that time, and the methods that the sign-in has proven, separated by
-- commas. Sign-ins of releases before this one have neither: the level is empty.
ALTER TABLE grants ADD COLUMN acr TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN amr TEXT NOT NULL DEFAULT '';
INSERT INTO additive_migrations (version) VALUES (20261127080000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127080000;
ALTER TABLE grants DROP COLUMN amr;
ALTER TABLE grants DROP COLUMN acr;
