-- +goose Up
-- The claims that the parameter claims of an authorization request asks for, separated by spaces.

ALTER TABLE authorization_codes ADD COLUMN id_token_claims TEXT NOT NULL DEFAULT '';
ALTER TABLE authorization_codes ADD COLUMN user_info_claims TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN id_token_claims TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN user_info_claims TEXT NOT NULL DEFAULT '';

INSERT INTO additive_migrations (version) VALUES (20261127134600);

-- +goose Down
DELETE FROM additive_migrations WHERE version = 20261127134600;
ALTER TABLE grants DROP COLUMN user_info_claims;
ALTER TABLE grants DROP COLUMN id_token_claims;
ALTER TABLE authorization_codes DROP COLUMN user_info_claims;
ALTER TABLE authorization_codes DROP COLUMN id_token_claims;
