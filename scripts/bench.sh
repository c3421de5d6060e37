#!/usr/bin/env bash
# Runs internal/bench with a temporary PostgreSQL server. The arguments are its flags, such as -scale -scale-users 100000. -scale with
# 1,000,000 users needs 12 GB of disk and about an hour.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

make_work bench

if [[ -z ${COGNATE_TEST_POSTGRES_URL:-} ]]; then
	find_postgres || die "PostgreSQL is missing; scripts/test.sh installs it"
	start_postgres "$work/pg"
	# Statistics of the new rows, as on a server in use.
	printf 'autovacuum = on\nautovacuum_naptime = 1s\n' | run_postgres tee -a "$work/pg/data/postgresql.conf" >/dev/null
	run_postgres pg_ctl reload --silent -D "$work/pg/data"
fi
go run ./internal/bench "$@"
