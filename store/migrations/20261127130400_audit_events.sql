-- +goose Up
-- Records of requests, commands and jobs, and of the pages of user pools. Times are milliseconds since 1970, UTC. The IDs are in the
-- order of the times, as UUIDs of version 7.
CREATE TABLE audit_events (
    id       TEXT   NOT NULL,
    node     TEXT   NOT NULL,
    complete BIGINT NOT NULL,            -- 1: the record has the outcome
    record   TEXT   NOT NULL,            -- in the form of AWS CloudTrail
    position BIGINT NOT NULL DEFAULT 0,  -- in the chain, from 1; 0: not linked yet
    hash     TEXT   NOT NULL DEFAULT '', -- of the chain up to here; empty: not linked yet
    PRIMARY KEY (id)
);
CREATE INDEX audit_events_position ON audit_events (position, id);

-- The ends of the chain. It has one row.
CREATE TABLE audit_chain (
    id             BIGINT NOT NULL, -- 1
    start_position BIGINT NOT NULL, -- of the last deleted record; 0: none
    start_hash     TEXT   NOT NULL,
    end_position   BIGINT NOT NULL, -- of the last linked record; 0: none
    end_hash       TEXT   NOT NULL,
    PRIMARY KEY (id)
);

-- How far the records are copied to a file or a webhook.
CREATE TABLE audit_copies (
    name     TEXT   NOT NULL,
    position BIGINT NOT NULL, -- of the last record that was copied
    PRIMARY KEY (name)
);
INSERT INTO additive_migrations (version) VALUES (20261127130400);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127130400;
DROP TABLE audit_copies;
DROP TABLE audit_chain;
DROP TABLE audit_events;
