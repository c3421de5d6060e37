-- +goose Up
CREATE INDEX users_unconfirmed ON users (created_at) WHERE status = 'UNCONFIRMED';
INSERT INTO additive_migrations (version) VALUES (20261127141600);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127141600;
DROP INDEX users_unconfirmed;
