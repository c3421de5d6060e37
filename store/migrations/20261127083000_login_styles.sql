-- +goose Up
-- The looks of managed login. The images of a style are in images. Times are milliseconds since 1970, UTC.
CREATE TABLE login_styles (
    pool_id     TEXT   NOT NULL,
    style_id    TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    document    TEXT   NOT NULL, -- LoginStyle
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, style_id)
);
CREATE UNIQUE INDEX login_styles_client ON login_styles (pool_id, client_id);
INSERT INTO additive_migrations (version) VALUES (20261127083000);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127083000;
DROP TABLE login_styles;
