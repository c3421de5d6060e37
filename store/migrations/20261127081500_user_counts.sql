-- +goose Up
-- The number of users of each pool, as the sum of its rows, so that nothing counts the users. The sub of a user decides the
-- row, so that concurrent sign-ups rarely wait for each other.
--
-- This migration is not additive: the previous release creates and deletes users without counting them here.
CREATE TABLE user_counts (
    pool_id TEXT   NOT NULL,
    shard   BIGINT NOT NULL, -- 0 to 15
    users   BIGINT NOT NULL, -- can be negative: a user that the migration counted in another row was deleted
    PRIMARY KEY (pool_id, shard)
);
INSERT INTO user_counts (pool_id, shard, users) SELECT pool_id, 0, COUNT(*) FROM users GROUP BY pool_id;

-- +goose Down
DROP TABLE user_counts;
