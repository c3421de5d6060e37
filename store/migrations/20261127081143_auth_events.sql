-- +goose Up
-- Events of threat protection: what users did, and from where. Times are milliseconds since 1970, UTC. The IDs of events are in
-- the order of their times.
CREATE TABLE auth_events (
    pool_id    TEXT     NOT NULL,
    sub        TEXT     NOT NULL,
    event_id   TEXT COLLATE "C" NOT NULL,
    created_at BIGINT   NOT NULL,
    expires_at BIGINT   NOT NULL,
    known      BIGINT   NOT NULL, -- 1: later sign-ins from the same device and network are known
    failed_at  BIGINT   NOT NULL, -- 0: it did not fail
    device_key TEXT     NOT NULL, -- empty: none
    device     TEXT     NOT NULL,
    network    TEXT     NOT NULL, -- empty: unknown
    document   TEXT     NOT NULL,
    PRIMARY KEY (pool_id, sub, event_id)
);
CREATE INDEX auth_events_expires ON auth_events (expires_at);
CREATE INDEX auth_events_failed ON auth_events (pool_id, network, failed_at);
INSERT INTO additive_migrations (version) VALUES (20261127081143);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127081143;
DROP TABLE auth_events;
