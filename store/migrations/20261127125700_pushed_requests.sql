-- +goose Up
-- Pushed authorization requests, IDs that can be used once, and the keys that codes and refresh tokens are bound to. Times are
-- milliseconds since 1970, UTC.

CREATE TABLE pushed_requests (
    pool_id      TEXT   NOT NULL,
    request_hash TEXT   NOT NULL, -- SHA-256 of the request_uri, in hexadecimal
    client_id    TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL, -- the parameters
    browser      TEXT   NOT NULL, -- SHA-256 of the cookie of the browser that opened it, in hexadecimal; empty before
    is_spent     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, request_hash)
);
CREATE INDEX pushed_requests_client ON pushed_requests (pool_id, client_id, expires_at);
CREATE INDEX pushed_requests_expiry ON pushed_requests (expires_at);

-- IDs of JSON Web Tokens that clients have sent.
CREATE TABLE spent_ids (
    pool_id    TEXT   NOT NULL,
    id_hash    TEXT   NOT NULL, -- SHA-256 of the kind, the sender and the ID, in hexadecimal
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, id_hash)
);
CREATE INDEX spent_ids_expiry ON spent_ids (expires_at);

-- The thumbprint of a DPoP key; empty for none. The migration is not additive: the previous release does not check the key.
ALTER TABLE grants ADD COLUMN dpop_key TEXT NOT NULL DEFAULT '';
ALTER TABLE authorization_codes ADD COLUMN dpop_key TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE authorization_codes DROP COLUMN dpop_key;
ALTER TABLE grants DROP COLUMN dpop_key;
DROP TABLE spent_ids;
DROP TABLE pushed_requests;
