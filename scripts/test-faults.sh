#!/usr/bin/env bash
# Kills, stops and hangs the database, its standby, its pooler and its proxy under servers with load, and fills and breaks disks. Root is
# required, because the tests mount disks. On Debian, missing programs are installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

# missing_parts prints the missing Debian packages, with a description of each.
missing_parts() {
	find_postgres || echo "postgresql (PostgreSQL's server)"
	[[ -x /usr/sbin/pgbouncer ]] || echo "pgbouncer (a pooler)"
	[[ -x /usr/bin/patroni ]] || printf '%s\n' "patroni (failover of PostgreSQL)" "python3-etcd (Patroni with etcd)"
	[[ -x /usr/bin/etcd ]] || echo "etcd-server (the state of Patroni)"
	[[ -x /usr/sbin/haproxy ]] || echo "haproxy (a proxy)"
	[[ -x /usr/sbin/mkfs.ext4 ]] || echo "e2fsprogs (a file system)"
}

section "Tools"
require_packages missing_parts "parts of a cluster"
find_postgres

section "PostgreSQL"
make_work faults
start_postgres "$work/pg"

section "Faults"
export COGNATE_TEST_REQUIRE=1 COGNATE_TEST_FAULTS=1
failed=0
go test -count=1 -timeout 60m -v -run '^(TestFault|TestKilledServer|TestClocks|TestMailHangs|TestKMSGone)' ./cmd/cognate || failed=1

section "Migrations"
go test -count=1 -timeout 60m -v -run '^TestKilledMigration' ./store || failed=1
exit "$failed"
