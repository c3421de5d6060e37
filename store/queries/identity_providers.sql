-- name: CreateIdentityProvider :execrows
INSERT INTO identity_providers (pool_id, name_key, name, provider_type, document, sealed, refresh_at, version, created_at, modified_at)
VALUES (@pool_id, @name_key, @name, @provider_type, @document, @sealed, @refresh_at, @version, @created_at, @modified_at)
ON CONFLICT (pool_id, name_key) DO NOTHING;

-- name: GetIdentityProvider :one
SELECT sqlc.embed(identity_providers) FROM identity_providers WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name;

-- name: GetIdentityProviderByIdentifier :one
SELECT sqlc.embed(identity_providers)
FROM idp_identifiers JOIN identity_providers
    ON identity_providers.pool_id = idp_identifiers.pool_id AND identity_providers.name_key = idp_identifiers.name_key
WHERE idp_identifiers.pool_id = @pool_id AND idp_identifiers.identifier = @identifier;

-- name: LockIdentityProvider :one
UPDATE identity_providers SET version = version + 1 WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name
RETURNING pool_id, name_key, name, provider_type, document, sealed, refresh_at, version, created_at, modified_at;

-- name: SaveIdentityProvider :exec
UPDATE identity_providers SET document = @document, sealed = @sealed, refresh_at = @refresh_at, modified_at = @modified_at
WHERE pool_id = @pool_id AND name_key = @name_key;

-- name: DeleteIdentityProvider :execrows
DELETE FROM identity_providers WHERE pool_id = @pool_id AND name_key = @name_key AND name = @name;

-- name: ListIdentityProviders :many
SELECT name, name_key, provider_type, created_at, modified_at FROM identity_providers
WHERE pool_id = @pool_id AND name_key > @after_key
ORDER BY name_key
LIMIT @page_size;

-- name: ListDueIdentityProviders :many
SELECT sqlc.embed(identity_providers) FROM identity_providers
WHERE refresh_at > 0 AND refresh_at <= @due_at
ORDER BY refresh_at
LIMIT @page_size;

-- name: CountIdentityProvidersByKey :one
SELECT COUNT(*) FROM identity_providers WHERE pool_id = @pool_id AND name_key = @name_key;

-- name: CountIdentityProviders :one
SELECT COUNT(*) FROM identity_providers WHERE pool_id = @pool_id;

-- name: CreateIdpIdentifier :execrows
INSERT INTO idp_identifiers (pool_id, identifier, name_key) VALUES (@pool_id, @identifier, @name_key)
ON CONFLICT (pool_id, identifier) DO NOTHING;

-- name: DeleteIdpIdentifiers :exec
DELETE FROM idp_identifiers WHERE pool_id = @pool_id AND name_key = @name_key;

-- name: CreateLinkedIdentity :execrows
INSERT INTO linked_identities (pool_id, provider_name, attribute, value, sub)
VALUES (@pool_id, @provider_name, @attribute, @value, @sub)
ON CONFLICT (pool_id, provider_name, attribute, value) DO NOTHING;

-- name: GetUserByLinkedIdentity :one
SELECT sqlc.embed(users)
FROM linked_identities JOIN users ON users.pool_id = linked_identities.pool_id AND users.sub = linked_identities.sub
WHERE linked_identities.pool_id = @pool_id AND linked_identities.provider_name = @provider_name
    AND linked_identities.attribute = @attribute AND linked_identities.value = @value;

-- name: DeleteLinkedIdentity :execrows
DELETE FROM linked_identities
WHERE pool_id = @pool_id AND provider_name = @provider_name AND attribute = @attribute AND value = @value AND sub = @sub;

-- name: DeleteLinkedIdentities :exec
DELETE FROM linked_identities WHERE pool_id = @pool_id AND sub = @sub;
