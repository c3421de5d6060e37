-- +goose Up
-- State of sign-ins. Times are milliseconds since 1970, UTC; 0 means unset.

CREATE TABLE grants (
    pool_id      TEXT   NOT NULL,
    grant_id     TEXT   NOT NULL, -- event_id of its tokens
    client_id    TEXT   NOT NULL,
    sub          TEXT   NOT NULL,
    origin_jti   TEXT   NOT NULL,
    refresh_hash BYTEA  NOT NULL, -- SHA-256 of the refresh token
    auth_time    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked      BIGINT NOT NULL DEFAULT 0, -- 0 or 1
    PRIMARY KEY (pool_id, grant_id)
);
CREATE UNIQUE INDEX grants_refresh_hash ON grants (pool_id, refresh_hash);
CREATE INDEX grants_sub ON grants (pool_id, sub);
CREATE INDEX grants_expires ON grants (expires_at);

-- Sessions that were good once. Kept until the Session would have expired anyway.
CREATE TABLE spent_sessions (
    pool_id    TEXT   NOT NULL,
    session_id TEXT   NOT NULL, -- hash of the Session's nonce
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, session_id)
);
CREATE INDEX spent_sessions_expires ON spent_sessions (expires_at);

-- Failed sign-in attempts; the subject is a sub, or a mark of the typed name when there is no such user.
CREATE TABLE attempts (
    pool_id        TEXT   NOT NULL,
    subject        TEXT   NOT NULL,
    failures       BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    locked_until   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, subject)
);
CREATE INDEX attempts_last_failed ON attempts (last_failed_at);

-- One-time codes that were sent to a user.
CREATE TABLE codes (
    pool_id     TEXT   NOT NULL,
    sub         TEXT   NOT NULL,
    purpose     TEXT   NOT NULL,
    sealed      BYTEA  NOT NULL, -- SHA-256 of the code
    attribute   TEXT   NOT NULL, -- email or phone_number
    destination TEXT   NOT NULL, -- where it went
    failures    BIGINT NOT NULL DEFAULT 0,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (pool_id, sub, purpose)
);
CREATE INDEX codes_expires ON codes (expires_at);

-- +goose Down
DROP TABLE codes;
DROP TABLE attempts;
DROP TABLE spent_sessions;
DROP TABLE grants;
