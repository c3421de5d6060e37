#!/usr/bin/env bash
# All tests: the module's own on SQLite and on a PostgreSQL server of this run, then conformance/ with the clients that
# people use, against a server built here. Needs nothing but Go on Debian as root; says what is missing elsewhere.
# COGNATE_TEST_REQUIRE=1 (CI sets it) makes a test that skips for want of PostgreSQL or a client fail instead.
# COGNATE_TEST_POSTGRES_URL set beforehand is used as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

work=$(mktemp -d -t cognate-test.XXXXXX)
clean() {
	local status=$?
	trap - EXIT
	stop_postgres || status=1
	rm -rf "$work"
	printf '\n==> [%4ds] %s\n' "$SECONDS" "$( ((status == 0)) && echo "all tests passed" || echo "FAILED" )"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

section "Tools"
require_tools
say "AWS CLI 2: $COGNATE_TEST_AWS; AWS CLI 1: ${COGNATE_TEST_AWS_V1:-none}; boto3: $COGNATE_TEST_PYTHON"
say "PostgreSQL: $COGNATE_TEST_PG_BINDIR; Terraform plugins: ${COGNATE_TEST_TERRAFORM_PLUGINS:-none}"

section "PostgreSQL"
if [[ -n ${COGNATE_TEST_POSTGRES_URL:-} ]]; then
	say "COGNATE_TEST_POSTGRES_URL is set: using that server"
else
	chmod 711 "$work" # the server's own user passes through
	mkdir -m 700 "$work/pg"
	start_postgres "$work/pg"
	say "started in $work/pg"
fi

section "Build"
# With the race detector: the server that the clients talk to reports its races, too.
go build -race -o "$work/cognate" ./cmd/cognate
export COGNATE_TEST_BINARY=$work/cognate

# Both parts run, whatever the first one says: one report of everything that fails.
failed=0
section "Tests: cognate"
go test -race -shuffle=on -timeout 20m ./... || failed=1

section "Tests: conformance"
(cd conformance && go test -shuffle=on -timeout 15m ./...) || failed=1
exit "$failed"
