-- +goose Up
-- Devices that users sign in from. Times are milliseconds since 1970, UTC; 0 means unset.

CREATE TABLE devices (
    pool_id          TEXT   NOT NULL,
    sub              TEXT   NOT NULL,
    device_key       TEXT COLLATE "C" NOT NULL,
    group_key        TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    sealed           BYTEA  NOT NULL, -- DeviceVerifier
    remembered       BIGINT NOT NULL, -- 0 or 1
    trusted          BIGINT NOT NULL, -- 1 once a second factor was shown on it
    last_ip          TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    modified_at      BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, sub, device_key)
);

-- The device that a sign-in was made on; empty without one, and once the device is forgotten.
ALTER TABLE grants ADD COLUMN device_key TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN device_group_key TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0; -- 1 if the sign-in showed one

-- +goose Down
ALTER TABLE grants DROP COLUMN second_factor;
ALTER TABLE grants DROP COLUMN device_group_key;
ALTER TABLE grants DROP COLUMN device_key;
DROP TABLE devices;
