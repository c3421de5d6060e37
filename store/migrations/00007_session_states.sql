-- +goose Up
-- What a Session needs to go on and is too long to travel in it. Times are milliseconds since 1970, UTC.

CREATE TABLE session_states (
    pool_id    TEXT   NOT NULL,
    session_id TEXT   NOT NULL, -- hash of the Session's nonce
    sealed     BYTEA  NOT NULL, -- JSON of a noun
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, session_id)
);
CREATE INDEX session_states_expires ON session_states (expires_at);

-- +goose Down
DROP TABLE session_states;
