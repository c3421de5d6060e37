-- +goose Up
-- What ListUsers can filter by, in the order of creation below each value. So the rows of new users are beside each other, and those of
-- a page are too. ListUsers by username and by sub uses the table of users.
--
-- This migration is not additive: the previous release expects that (pool_id, attribute, value, sub) is unique.
DROP INDEX user_index_sub;
ALTER TABLE user_index RENAME TO user_index_by_sub;
CREATE TABLE user_index (
    pool_id    TEXT   NOT NULL,
    attribute  TEXT   NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL DEFAULT 0, -- of the user; unix milliseconds
    sub        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, created_at, sub)
) /* WITHOUT ROWID */;
INSERT INTO user_index (pool_id, attribute, value, created_at, sub)
SELECT user_index_by_sub.pool_id, attribute, value, users.created_at, user_index_by_sub.sub
FROM user_index_by_sub JOIN users ON users.pool_id = user_index_by_sub.pool_id AND users.sub = user_index_by_sub.sub
WHERE attribute NOT IN ('username', 'sub')
ORDER BY user_index_by_sub.pool_id, attribute, value, users.created_at, user_index_by_sub.sub;
DROP TABLE user_index_by_sub;
CREATE INDEX user_index_sub ON user_index (pool_id, sub);

-- +goose Down
DROP INDEX user_index_sub;
ALTER TABLE user_index RENAME TO user_index_by_time;
CREATE TABLE user_index (
    pool_id   TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT COLLATE "C" NOT NULL,
    sub       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, attribute, value, sub)
);
INSERT INTO user_index (pool_id, attribute, value, sub) SELECT pool_id, attribute, value, sub FROM user_index_by_time;
DROP TABLE user_index_by_time;
INSERT INTO user_index (pool_id, attribute, value, sub) SELECT pool_id, 'username', username, sub FROM users;
INSERT INTO user_index (pool_id, attribute, value, sub) SELECT pool_id, 'sub', sub, sub FROM users;
CREATE INDEX user_index_sub ON user_index (pool_id, sub);
