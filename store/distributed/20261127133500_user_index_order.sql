-- +goose Up
-- The migration of this name for engines that run each statement on its own. After any of the statements, all can run again from the
-- first one: the rows are in user_index or in user_index_by_time.
CREATE TABLE user_index (
    pool_id   TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT COLLATE "C" NOT NULL,
    sub       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, sub)
);
CREATE TABLE user_index_by_time (
    pool_id    TEXT   NOT NULL,
    attribute  TEXT   NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL DEFAULT 0, -- of the user; unix milliseconds
    sub        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, created_at, sub)
);
INSERT INTO user_index_by_time (pool_id, attribute, value, created_at, sub)
SELECT user_index.pool_id, attribute, value, users.created_at, user_index.sub
FROM user_index JOIN users ON users.pool_id = user_index.pool_id AND users.sub = user_index.sub
WHERE attribute NOT IN ('username', 'sub');
DROP TABLE user_index;
ALTER TABLE user_index_by_time RENAME TO user_index;
CREATE INDEX user_index_sub ON user_index (pool_id, sub);
