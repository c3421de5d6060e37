-- +goose Up
-- The look of the classic hosted UI, and the images of all login pages. Times are milliseconds since 1970, UTC. A client_id is
-- the ID of an app client, or empty for all clients of the pool.
CREATE TABLE ui_customizations (
    pool_id     TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- UICustomization
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE images (
    pool_id    TEXT   NOT NULL,
    image_id   TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    content    BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, image_id)
);
CREATE INDEX images_client ON images (pool_id, client_id);
INSERT INTO additive_migrations (version) VALUES (20261127081000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127081000;
DROP TABLE images;
DROP TABLE ui_customizations;
