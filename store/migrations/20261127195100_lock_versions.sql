-- +goose Up
-- Each lock raises the version of its row. Before, it wrote a column as it was. A distributed database may skip such a write, and then it
-- does not lock the row.
ALTER TABLE grants ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE attempts ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE auth_events ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE sso_sessions ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE pushed_requests ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE authorization_codes ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE device_authorizations ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE audit_chain ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
INSERT INTO additive_migrations (version) VALUES (20261127195100);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127195100;
ALTER TABLE audit_chain DROP COLUMN version;
ALTER TABLE device_authorizations DROP COLUMN version;
ALTER TABLE authorization_codes DROP COLUMN version;
ALTER TABLE pushed_requests DROP COLUMN version;
ALTER TABLE sso_sessions DROP COLUMN version;
ALTER TABLE auth_events DROP COLUMN version;
ALTER TABLE attempts DROP COLUMN version;
ALTER TABLE grants DROP COLUMN version;
