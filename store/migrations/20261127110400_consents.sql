-- +goose Up
-- What users have permitted to app clients that registered themselves. Times are milliseconds since 1970, UTC.
-- The migration is not additive: the previous release does not know such clients, and would not ask users.

CREATE TABLE consents (
    pool_id       TEXT   NOT NULL,
    sub           TEXT   NOT NULL,
    client_id     TEXT   NOT NULL,
    redirect_host TEXT   NOT NULL,
    scopes        TEXT   NOT NULL, -- separated by spaces
    given_at      BIGINT NOT NULL,
    PRIMARY KEY (pool_id, sub, client_id, redirect_host)
);
CREATE INDEX consents_client ON consents (pool_id, client_id);

-- When a client registered itself that was never used; 0 for other clients.
ALTER TABLE app_clients ADD COLUMN unused_since BIGINT NOT NULL DEFAULT 0;
CREATE INDEX app_clients_unused ON app_clients (unused_since) WHERE unused_since > 0;

-- +goose Down
DROP INDEX app_clients_unused;
ALTER TABLE app_clients DROP COLUMN unused_since;
DROP TABLE consents;
