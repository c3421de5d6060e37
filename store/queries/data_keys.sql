-- name: GetDataKey :one
SELECT wrapped, version FROM data_keys WHERE key_id = @key_id;

-- name: CreateDataKey :execrows
INSERT INTO data_keys (key_id, wrapped) VALUES (@key_id, @wrapped)
ON CONFLICT (key_id) DO NOTHING;

-- name: ReplaceDataKey :execrows
UPDATE data_keys SET wrapped = @wrapped, version = version + 1
WHERE key_id = @key_id AND version = @version;
