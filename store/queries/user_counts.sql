-- name: AddToUserCount :exec
INSERT INTO user_counts (pool_id, shard, users) VALUES (@pool_id, @shard, @added)
ON CONFLICT (pool_id, shard) DO UPDATE SET users = user_counts.users + excluded.users;
