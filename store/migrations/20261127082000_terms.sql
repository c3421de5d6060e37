-- +goose Up
-- Links to the terms of use and the privacy policy of app clients. Times are milliseconds since 1970, UTC.
CREATE TABLE terms (
    pool_id     TEXT   NOT NULL,
    terms_id    TEXT COLLATE "C" NOT NULL,
    client_id   TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- Terms
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, terms_id)
);
CREATE UNIQUE INDEX terms_client ON terms (pool_id, client_id, name);
INSERT INTO additive_migrations (version) VALUES (20261127082000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127082000;
DROP TABLE terms;
