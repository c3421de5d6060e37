-- +goose Up
-- Messages on their way to users. A row is a message that still has to be handed to a mail server or SMS service: it goes
-- when that has happened, or when what it carries has expired. Times are milliseconds since 1970, UTC.

CREATE TABLE outbox (
    pool_id    TEXT   NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    sub        TEXT   NOT NULL, -- whom it is for
    medium     TEXT   NOT NULL, -- EMAIL or SMS
    sealed     BYTEA  NOT NULL, -- the message
    attempts   BIGINT NOT NULL DEFAULT 0, -- to hand it over, the one under way included
    lease      TEXT   NOT NULL DEFAULT '', -- of the attempt under way; empty when there is none
    due_at     BIGINT NOT NULL, -- of the next attempt; while one is under way, when its lease ends
    expires_at BIGINT NOT NULL, -- of the code that it carries
    PRIMARY KEY (pool_id, message_id)
);
CREATE INDEX outbox_due ON outbox (medium, due_at);
CREATE INDEX outbox_sub ON outbox (pool_id, sub);
CREATE INDEX outbox_expires ON outbox (expires_at);

-- +goose Down
DROP TABLE outbox;
