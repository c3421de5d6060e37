-- name: ClaimLease :execrows
INSERT INTO leases (task, holder, due_at) VALUES (@task, @holder, @lease_ends)
ON CONFLICT (task) DO UPDATE SET holder = @holder, due_at = @lease_ends
WHERE leases.due_at <= @now OR leases.due_at > @latest;

-- name: EndLease :exec
UPDATE leases SET holder = '', due_at = @due_at WHERE task = @task AND holder = @holder;
