-- +goose Up
-- Sign-ins as sessions that are listed and limited, and refresh tokens that rotate. Times are milliseconds since 1970, UTC.

ALTER TABLE grants ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;     -- of its newest refresh token; each rotation raises it
ALTER TABLE grants ADD COLUMN last_active_at BIGINT NOT NULL DEFAULT 0; -- sign-in, rotation and, with tracking, any refresh
ALTER TABLE grants ADD COLUMN device_type TEXT NOT NULL DEFAULT '';     -- of that activity; empty without tracking
ALTER TABLE grants ADD COLUMN ip_address TEXT NOT NULL DEFAULT '';      -- likewise
UPDATE grants SET last_active_at = auth_time;

DROP INDEX grants_sub;
CREATE INDEX grants_sub_auth_time ON grants (pool_id, sub, auth_time);

-- Refresh tokens that were replaced so lately that a client may try them again. Older ones need no row: a token says its
-- generation itself.
CREATE TABLE retired_refresh_tokens (
    pool_id    TEXT   NOT NULL,
    grant_id   TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, grant_id, generation)
);
CREATE INDEX retired_refresh_tokens_retired ON retired_refresh_tokens (retired_at);

-- +goose Down
DROP TABLE retired_refresh_tokens;
DROP INDEX grants_sub_auth_time;
CREATE INDEX grants_sub ON grants (pool_id, sub);
ALTER TABLE grants DROP COLUMN ip_address;
ALTER TABLE grants DROP COLUMN device_type;
ALTER TABLE grants DROP COLUMN last_active_at;
ALTER TABLE grants DROP COLUMN generation;
