-- +goose Up
-- The holder of a lease increments beats while it works. Before this migration, due_at was the end of a lease that was held.
ALTER TABLE leases ADD COLUMN beats BIGINT NOT NULL DEFAULT 0;
INSERT INTO additive_migrations (version) VALUES (20261127161700);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127161700;
ALTER TABLE leases DROP COLUMN beats;
