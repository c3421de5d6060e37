-- +goose Up
-- Passkeys of users. Times are milliseconds since 1970, UTC; 0 means unset.

CREATE TABLE credentials (
    pool_id       TEXT   NOT NULL,
    credential_id TEXT COLLATE "C" NOT NULL, -- base64url, as the API names it
    sub           TEXT   NOT NULL,
    document      TEXT   NOT NULL, -- Credential
    sealed        BYTEA  NOT NULL, -- CredentialKey
    sign_count    BIGINT NOT NULL, -- as the authenticator last said
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (pool_id, credential_id)
);
CREATE INDEX credentials_sub ON credentials (pool_id, sub, credential_id);

-- The registration that a user has begun, the newest one only.
CREATE TABLE passkey_registrations (
    pool_id    TEXT   NOT NULL,
    sub        TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    challenge  BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, sub)
);
CREATE INDEX passkey_registrations_expires ON passkey_registrations (expires_at);

-- +goose Down
DROP TABLE passkey_registrations;
DROP TABLE credentials;
