-- +goose Up
-- Sign-ins at the pages of a pool, codes for clients, and what grants keep of them. Times are milliseconds since 1970, UTC.

CREATE TABLE sso_sessions (
    pool_id        TEXT   NOT NULL,
    session_id     TEXT   NOT NULL,
    secret_hash    BYTEA  NOT NULL, -- SHA-256 of the browser's cookie
    sub            TEXT   NOT NULL,
    client_id      TEXT   NOT NULL, -- where the user signed in
    auth_time      BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    stamp          BIGINT NOT NULL, -- of the user at the sign-in
    amr            TEXT   NOT NULL, -- separated by commas
    second_factor  BIGINT NOT NULL,
    device_type    TEXT   NOT NULL,
    ip_address     TEXT   NOT NULL,
    last_active_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, session_id)
);
CREATE UNIQUE INDEX sso_sessions_secret ON sso_sessions (pool_id, secret_hash);
CREATE INDEX sso_sessions_sub ON sso_sessions (pool_id, sub, auth_time);
CREATE INDEX sso_sessions_client ON sso_sessions (pool_id, client_id);
CREATE INDEX sso_sessions_expiry ON sso_sessions (expires_at);

CREATE TABLE authorization_codes (
    pool_id       TEXT   NOT NULL,
    code_hash     BYTEA  NOT NULL, -- SHA-256
    client_id     TEXT   NOT NULL,
    sub           TEXT   NOT NULL,
    redirect_uri  TEXT   NOT NULL,
    scopes        TEXT   NOT NULL, -- separated by spaces
    nonce         TEXT   NOT NULL,
    challenge     TEXT   NOT NULL,
    resource      TEXT   NOT NULL,
    sso_session   TEXT   NOT NULL,
    acr           TEXT   NOT NULL,
    amr           TEXT   NOT NULL, -- separated by commas
    second_factor BIGINT NOT NULL,
    auth_time     BIGINT NOT NULL,
    stamp         BIGINT NOT NULL, -- of the user
    expires_at    BIGINT NOT NULL,
    grant_id      TEXT   NOT NULL, -- empty for an unused code
    PRIMARY KEY (pool_id, code_hash)
);
CREATE INDEX authorization_codes_sub ON authorization_codes (pool_id, sub, expires_at);
CREATE INDEX authorization_codes_client ON authorization_codes (pool_id, client_id);
CREATE INDEX authorization_codes_expiry ON authorization_codes (expires_at);

-- A grant of the API has none of these. The migration is not additive: the previous release does not read the scopes, so its
-- refreshed tokens would have the scope of the API.
ALTER TABLE grants ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0; -- 0: auth_time
ALTER TABLE grants ADD COLUMN scopes TEXT NOT NULL DEFAULT '';      -- separated by spaces
ALTER TABLE grants ADD COLUMN resource TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN sso_session TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE grants DROP COLUMN sso_session;
ALTER TABLE grants DROP COLUMN resource;
ALTER TABLE grants DROP COLUMN scopes;
ALTER TABLE grants DROP COLUMN created_at;
DROP TABLE authorization_codes;
DROP TABLE sso_sessions;
