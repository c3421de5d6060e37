-- +goose Up
-- The identity providers of pools, the accounts at them that belong to users, and the keys of pools for SAML. Times are
-- milliseconds since 1970, UTC; 0 means unset.
CREATE TABLE identity_providers (
    pool_id       TEXT   NOT NULL,
    name_key      TEXT COLLATE "C" NOT NULL, -- the name without differences of case
    name          TEXT   NOT NULL,
    provider_type TEXT   NOT NULL,
    document      TEXT   NOT NULL,
    sealed        BYTEA  NOT NULL, -- the details, which contain secrets, and the metadata document
    refresh_at    BIGINT NOT NULL, -- when the metadata document is due to be fetched; 0 if it never is
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    modified_at   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, name_key)
);
CREATE INDEX identity_providers_refresh ON identity_providers (refresh_at);

CREATE TABLE idp_identifiers (
    pool_id    TEXT NOT NULL,
    identifier TEXT NOT NULL,
    name_key   TEXT NOT NULL, -- of the identity provider
    PRIMARY KEY (pool_id, identifier)
);
CREATE INDEX idp_identifiers_name ON idp_identifiers (pool_id, name_key);

CREATE TABLE linked_identities (
    pool_id       TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    attribute     TEXT NOT NULL, -- the provider's attribute that names the account, or Cognito_Subject
    value         TEXT NOT NULL,
    sub           TEXT NOT NULL, -- of the user
    PRIMARY KEY (pool_id, provider_name, attribute, value)
);
CREATE INDEX linked_identities_sub ON linked_identities (pool_id, sub);

CREATE TABLE saml_keys (
    pool_id     TEXT   NOT NULL,
    key_id      TEXT   NOT NULL,
    sealed      BYTEA  NOT NULL, -- PKCS #8
    certificate BYTEA  NOT NULL, -- X.509, DER
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (pool_id, key_id)
);
INSERT INTO additive_migrations (version) VALUES (20261127073100);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127073100;
DROP TABLE saml_keys;
DROP TABLE linked_identities;
DROP TABLE idp_identifiers;
DROP TABLE identity_providers;
