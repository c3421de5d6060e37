-- name: GetLease :one
SELECT holder, due_at, beats FROM leases WHERE task = @task;

-- name: ClaimLease :execrows
INSERT INTO leases (task, holder, due_at, beats) VALUES (@task, @holder, @due_at, 1)
ON CONFLICT (task) DO UPDATE SET holder = @holder, due_at = @due_at, beats = leases.beats + 1
WHERE leases.holder = @last_holder AND leases.beats = @last_beats;

-- name: RenewLease :execrows
UPDATE leases SET beats = beats + 1 WHERE task = @task AND holder = @holder;

-- name: EndLease :exec
UPDATE leases SET holder = '', due_at = @due_at, beats = beats + 1 WHERE task = @task AND holder = @holder;
