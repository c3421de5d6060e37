-- name: LockAccount :exec
INSERT INTO accounts (account_id, region) VALUES (@account_id, @region)
ON CONFLICT (account_id, region) DO UPDATE SET version = accounts.version + 1;

-- name: CountUserPools :one
SELECT COUNT(*) FROM user_pools
WHERE account_id = @account_id AND pool_id > @after_id AND pool_id < @before_id;

-- name: FindAccount :one
SELECT p.account_id FROM user_pools p WHERE p.account_id = @account_id
UNION
SELECT k.account_id FROM access_keys k WHERE k.account_id = @account_id;

-- name: CountAppClients :one
SELECT COUNT(*) FROM app_clients WHERE pool_id = @pool_id;
