-- +goose Up
-- Where the address of an event is. Latitude and longitude are millionths of a degree; both are 0 if they are unknown.
ALTER TABLE auth_events ADD COLUMN country TEXT NOT NULL DEFAULT ''; -- ISO 3166-1, such as DE; empty: unknown
ALTER TABLE auth_events ADD COLUMN latitude BIGINT NOT NULL DEFAULT 0;
ALTER TABLE auth_events ADD COLUMN longitude BIGINT NOT NULL DEFAULT 0;
INSERT INTO additive_migrations (version) VALUES (20261127094700);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127094700;
ALTER TABLE auth_events DROP COLUMN longitude;
ALTER TABLE auth_events DROP COLUMN latitude;
ALTER TABLE auth_events DROP COLUMN country;
