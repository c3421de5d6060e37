-- +goose Up
-- Periodic tasks, and the server that runs each. Times are milliseconds since 1970, UTC.
CREATE TABLE leases (
    task   TEXT   NOT NULL,
    holder TEXT   NOT NULL DEFAULT '', -- of the lease; empty when the task does not run
    due_at BIGINT NOT NULL DEFAULT 0,  -- when any server may run the task: the end of the lease, or the next period
    PRIMARY KEY (task)
);

-- +goose Down
DROP TABLE leases;
