-- +goose Up
-- The rates that accounts have chosen for categories of operations. Without a row, the rate is the default.
CREATE TABLE provisioned_limits (
    account_id TEXT   NOT NULL,
    region     TEXT   NOT NULL,
    category   TEXT   NOT NULL,
    rate       BIGINT NOT NULL, -- requests per second
    PRIMARY KEY (account_id, region, category)
);
INSERT INTO additive_migrations (version) VALUES (20261127081637);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127081637;
DROP TABLE provisioned_limits;
