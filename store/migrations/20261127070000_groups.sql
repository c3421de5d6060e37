-- +goose Up
-- Groups of users, and who is in them. Times are milliseconds since 1970, UTC.
CREATE TABLE user_groups (
    pool_id     TEXT   NOT NULL,
    name_key    TEXT COLLATE "C" NOT NULL, -- the name without differences of case
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL, -- empty if there is none
    role_arn    TEXT   NOT NULL, -- empty if there is none
    precedence  BIGINT NOT NULL, -- 2147483648 if there is none: more than the API allows, so such groups are last
    ordinal     BIGINT NOT NULL, -- orders the groups of a pool by creation
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, name_key)
);
CREATE INDEX user_groups_ordinal ON user_groups (pool_id, ordinal);

CREATE TABLE group_members (
    pool_id    TEXT   NOT NULL,
    name_key   TEXT   NOT NULL, -- of the group
    sub        TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, name_key, sub)
);
CREATE INDEX group_members_sub ON group_members (pool_id, sub, name_key);
INSERT INTO additive_migrations (version) VALUES (20261127070000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127070000;
DROP TABLE group_members;
DROP TABLE user_groups;
