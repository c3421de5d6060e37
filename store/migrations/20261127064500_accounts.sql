-- +goose Up
-- The accounts that have created user pools. A transaction locks the row when it counts what an account has in a region.
CREATE TABLE accounts (
    account_id TEXT   NOT NULL,
    region     TEXT   NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1, -- each lock raises it
    PRIMARY KEY (account_id, region)
);
INSERT INTO additive_migrations (version) VALUES (20261127064500);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127064500;
DROP TABLE accounts;
