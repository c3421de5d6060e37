-- +goose Up
-- Servers on the database. Each increments beats every five seconds.
CREATE TABLE nodes (
    node_id TEXT   NOT NULL,
    beats   BIGINT NOT NULL,
    beat_at BIGINT NOT NULL, -- of the last heartbeat, by the clock of the server; unix milliseconds
    PRIMARY KEY (node_id)
);
INSERT INTO additive_migrations (version) VALUES (20261127131000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127131000;
DROP TABLE nodes;
