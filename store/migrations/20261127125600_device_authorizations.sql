-- +goose Up
-- Requests of devices for access to the account of a user. Times are milliseconds since 1970, UTC.

CREATE TABLE device_authorizations (
    pool_id          TEXT   NOT NULL,
    device_code_hash BYTEA  NOT NULL, -- SHA-256
    user_code_hash   BYTEA  NOT NULL, -- SHA-256
    client_id        TEXT   NOT NULL,
    scopes           TEXT   NOT NULL, -- separated by spaces
    resource         TEXT   NOT NULL,
    expires_at       BIGINT NOT NULL,
    decision         TEXT   NOT NULL, -- empty until the user has decided
    poll_interval    BIGINT NOT NULL, -- milliseconds
    last_poll_at     BIGINT NOT NULL, -- 0 before the first one
    PRIMARY KEY (pool_id, device_code_hash)
);
CREATE UNIQUE INDEX device_authorizations_user_code ON device_authorizations (pool_id, user_code_hash);
CREATE INDEX device_authorizations_client ON device_authorizations (pool_id, client_id);
CREATE INDEX device_authorizations_expiry ON device_authorizations (expires_at);

INSERT INTO additive_migrations (version) VALUES (20261127125600);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127125600;
DROP TABLE device_authorizations;
