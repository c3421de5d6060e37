-- +goose Up
-- Common subset of SQLite and PostgreSQL: TEXT, BIGINT, BYTEA. Times are milliseconds since 1970, UTC; 0 means unset.
-- Documents are JSON of a noun and are never queried into. "sealed" columns are AES-GCM ciphertexts bound to their place.
-- COLLATE "C" stands on every text column that is ordered or ranged over; it is cut out for SQLite, whose order is bytewise.

CREATE TABLE data_keys (
    key_id  TEXT   NOT NULL PRIMARY KEY,
    wrapped BYTEA  NOT NULL, -- the data keyset under a master key; the decoy key under the data keyset
    version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE user_pools (
    pool_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- UserPool
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX user_pools_account ON user_pools (account_id, pool_id);

CREATE TABLE signing_keys (
    pool_id    TEXT   NOT NULL,
    key_id     TEXT COLLATE "C" NOT NULL,
    token_use  TEXT   NOT NULL, -- id or access
    sealed     BYTEA  NOT NULL, -- PKCS #8
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, key_id)
);

CREATE TABLE app_clients (
    pool_id     TEXT   NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    name        TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- AppClient
    sealed      BYTEA  NOT NULL, -- client secret; empty for a public client
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);
CREATE UNIQUE INDEX app_clients_client ON app_clients (client_id);

CREATE TABLE users (
    pool_id        TEXT   NOT NULL,
    sub            TEXT COLLATE "C" NOT NULL,
    username       TEXT COLLATE "C" NOT NULL,
    username_key   TEXT   NOT NULL, -- username in the pool's normal form
    status         TEXT   NOT NULL,
    enabled        BIGINT NOT NULL, -- 0 or 1
    document       TEXT   NOT NULL, -- User
    password       BYTEA  NOT NULL, -- sealed Password; empty without one
    software_token BYTEA  NOT NULL, -- sealed SoftwareTokens; empty without one
    last_step      BIGINT NOT NULL, -- newest spent TOTP step, Unix seconds / 30
    stamp          BIGINT NOT NULL,
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    modified_at    BIGINT NOT NULL,
    PRIMARY KEY (pool_id, sub)
);
CREATE UNIQUE INDEX users_username_key ON users (pool_id, username_key);
CREATE INDEX users_username ON users (pool_id, username);

-- What signs a user in besides the username, in the pool's normal form.
CREATE TABLE user_aliases (
    pool_id TEXT NOT NULL,
    alias   TEXT NOT NULL,
    sub     TEXT NOT NULL,
    PRIMARY KEY (pool_id, alias)
);
CREATE INDEX user_aliases_sub ON user_aliases (pool_id, sub);

-- What ListUsers can filter by.
CREATE TABLE user_index (
    pool_id   TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT COLLATE "C" NOT NULL,
    sub       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, sub)
);
CREATE INDEX user_index_sub ON user_index (pool_id, sub);

-- +goose Down
DROP TABLE user_index;
DROP TABLE user_aliases;
DROP TABLE users;
DROP TABLE app_clients;
DROP TABLE signing_keys;
DROP TABLE user_pools;
DROP TABLE data_keys;
