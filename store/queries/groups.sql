-- name: CreateGroup :execrows
INSERT INTO user_groups (pool_id, name_key, name, description, role_arn, precedence, ordinal, version, created_at, modified_at)
VALUES (@pool_id, @name_key, @name, @description, @role_arn, @precedence, @ordinal, @version, @created_at, @modified_at)
ON CONFLICT (pool_id, name_key) DO NOTHING;

-- name: LastGroupOrdinal :one
SELECT ordinal FROM user_groups WHERE pool_id = @pool_id ORDER BY ordinal DESC LIMIT 1;

-- name: GetGroup :one
SELECT sqlc.embed(user_groups) FROM user_groups WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name;

-- name: LockGroup :one
UPDATE user_groups SET version = version + 1 WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name
RETURNING pool_id, name_key, name, description, role_arn, precedence, ordinal, version, created_at, modified_at;

-- name: SaveGroup :exec
UPDATE user_groups SET description = @description, role_arn = @role_arn, precedence = @precedence, modified_at = @modified_at
WHERE pool_id = @pool_id AND name_key = @name_key;

-- name: DeleteGroup :execrows
DELETE FROM user_groups WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name;

-- name: DeleteGroupMembers :exec
DELETE FROM group_members WHERE pool_id = @pool_id AND name_key = @name_key;

-- name: ListGroups :many
SELECT sqlc.embed(user_groups) FROM user_groups
WHERE pool_id = @pool_id AND name_key > @after_key
ORDER BY name_key
LIMIT @page_size;

-- name: CountGroups :one
SELECT COUNT(*) FROM user_groups WHERE pool_id = @pool_id;

-- name: AddGroupMember :execrows
INSERT INTO group_members (pool_id, name_key, sub, created_at) VALUES (@pool_id, @name_key, @sub, @created_at)
ON CONFLICT (pool_id, name_key, sub) DO NOTHING;

-- name: RemoveGroupMember :execrows
DELETE FROM group_members WHERE pool_id = @pool_id AND name_key = @name_key AND sub = @sub;

-- name: CountGroupsOfUser :one
SELECT COUNT(*) FROM group_members WHERE pool_id = @pool_id AND sub = @sub;

-- name: CountUserInGroup :one
SELECT COUNT(*) FROM group_members WHERE pool_id = @pool_id AND name_key = @name_key AND sub = @sub;

-- name: ListGroupsOfUser :many
SELECT sqlc.embed(user_groups)
FROM group_members JOIN user_groups
    ON user_groups.pool_id = group_members.pool_id AND user_groups.name_key = group_members.name_key
WHERE group_members.pool_id = @pool_id AND group_members.sub = @sub
ORDER BY user_groups.precedence, user_groups.ordinal;

-- name: ListUsersInGroup :many
SELECT group_members.sub AS value, users.sub, users.username, users.status, users.enabled, users.document, users.stamp, users.created_at,
    users.modified_at
FROM group_members JOIN users ON users.pool_id = group_members.pool_id AND users.sub = group_members.sub
WHERE group_members.pool_id = @pool_id AND group_members.name_key = @name_key AND group_members.sub > @after_sub
  AND users.sub > @after_sub -- without it, PostgreSQL can begin with the first user of the pool
ORDER BY group_members.sub
LIMIT @page_size;

-- name: DeleteMemberships :exec
DELETE FROM group_members WHERE pool_id = @pool_id AND sub = @sub;
