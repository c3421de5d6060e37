-- +goose Up
-- Access keys, which sign requests of administrators. Times are milliseconds since 1970, UTC; 0 means never.

CREATE TABLE access_keys (
    key_id        TEXT   NOT NULL,
    account_id    TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    sealed        BYTEA  NOT NULL, -- the secret
    policy        TEXT   NOT NULL, -- JSON, an IAM policy
    policy_source TEXT   NOT NULL,
    disabled      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    last_used_at  BIGINT NOT NULL, -- a whole minute
    PRIMARY KEY (key_id)
);
CREATE UNIQUE INDEX access_keys_name ON access_keys (account_id, name);
INSERT INTO additive_migrations (version) VALUES (20261127131500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127131500;
DROP TABLE access_keys;
