-- name: CountUsers :one
SELECT CAST(COALESCE(SUM(users), 0) AS BIGINT) FROM user_counts WHERE pool_id = @pool_id;

-- name: AddToUserCount :exec
INSERT INTO user_counts (pool_id, shard, users) VALUES (@pool_id, @shard, @added)
ON CONFLICT (pool_id, shard) DO UPDATE SET users = user_counts.users + excluded.users;
