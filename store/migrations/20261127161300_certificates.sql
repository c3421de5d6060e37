-- +goose Up
-- Certificates that the servers get by ACME (RFC 8555). A directory is the URL of a certificate authority. Times are milliseconds since
-- 1970, UTC; 0 means never.

CREATE TABLE acme_accounts (
    directory  TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL, -- the private key of the account, DER (PKCS #8)
    created_at BIGINT NOT NULL,
    PRIMARY KEY (directory)
);

CREATE TABLE certificates (
    directory  TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- a host name in lower case
    sealed     BYTEA  NOT NULL, -- PEM: the private key and the chain; empty if there is no certificate yet
    version    BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    failures   BIGINT NOT NULL, -- since the last success
    retry_at   BIGINT NOT NULL, -- no server tries again before
    reason     TEXT   NOT NULL, -- of the last failure
    PRIMARY KEY (name, directory)
);

-- Answers to the directory while it checks who controls a name.
CREATE TABLE acme_challenges (
    name       TEXT   NOT NULL,
    token      TEXT   NOT NULL,
    directory  TEXT   NOT NULL,
    type       TEXT   NOT NULL, -- tls-alpn-01 or http-01
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (name, token)
);
INSERT INTO additive_migrations (version) VALUES (20261127161300);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127161300;
DROP TABLE acme_challenges;
DROP TABLE certificates;
DROP TABLE acme_accounts;
