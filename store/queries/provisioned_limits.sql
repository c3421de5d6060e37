-- name: GetProvisionedLimit :one
SELECT rate FROM provisioned_limits
WHERE account_id = @account_id AND region = @region AND category = @category;

-- name: SetProvisionedLimit :exec
INSERT INTO provisioned_limits (account_id, region, category, rate)
VALUES (@account_id, @region, @category, @rate)
ON CONFLICT (account_id, region, category) DO UPDATE SET rate = excluded.rate;
