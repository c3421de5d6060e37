#!/usr/bin/env bash
# Runs all tests: those of the module on SQLite and on a temporary PostgreSQL server, then conformance/ with the clients that
# applications use, on a server built from this tree. On Debian, root needs only Go; elsewhere it lists missing programs.
# COGNATE_TEST_REQUIRE=1 (set by CI) makes tests fail, instead of skip, if PostgreSQL or a client is missing.
# If COGNATE_TEST_POSTGRES_URL is set, tests use that server.
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
say "AWS CLI 2: $COGNATE_TEST_AWS; AWS CLI 1: ${COGNATE_TEST_AWS_V1:-none}; boto3: $COGNATE_TEST_PYTHON; Java: $COGNATE_TEST_JAVA"
say "PostgreSQL: $COGNATE_TEST_PG_BINDIR; Terraform plugins: ${COGNATE_TEST_TERRAFORM_PLUGINS:-none}"

section "PostgreSQL"
if [[ -n ${COGNATE_TEST_POSTGRES_URL:-} ]]; then
	say "COGNATE_TEST_POSTGRES_URL is set: using that server"
else
	start_postgres "$work/pg"
	say "started in $work/pg"
fi

# A program that is built with the race detector sleeps a second before it exits; the tests start hundreds of them.
export GORACE="atexit_sleep_ms=10${GORACE:+ $GORACE}"

# The race detector leaves out SQLite, its C library and the allocator of that. They are C translated to Go and start no
# goroutines, and with the detector they take more time than all of our code.
race=(-race)
for package in modernc.org/sqlite/lib modernc.org/libc modernc.org/memory; do race+=("-gcflags=$package=-race=false"); done

section "Build"
# With the race detector, so that the server of the conformance tests reports data races.
go build "${race[@]}" -o "$work/cognate" ./cmd/cognate
export COGNATE_TEST_BINARY=$work/cognate
go build "${race[@]}" -tags libcrypto -o "$work/cognate-libcrypto" ./cmd/cognate

# All parts run even if one fails, so that one run reports all failures.
failed=0
section "Tests: cognate"
# scripts/check.sh runs vet.
go test "${race[@]}" -vet=off -shuffle=on -timeout 20m ./... || failed=1

section "Tests: signatures by libcrypto"
CGO_ENABLED=0 go test -vet=off -tags libcrypto ./authn/rs256 ./tokens || failed=1
CGO_ENABLED=0 go test -vet=off -tags libcrypto -run Libcrypto ./cmd/cognate || failed=1

section "Tests: conformance"
(cd conformance && go test -shuffle=on -timeout 15m ./...) || failed=1

section "Tests: conformance, on two servers behind a round-robin proxy, which sign with libcrypto"
"$COGNATE_TEST_PG_BINDIR/psql" --quiet --command='CREATE DATABASE cognate_two_servers' "$COGNATE_TEST_POSTGRES_URL" || failed=1
# A few stories: COGNATE_TEST_LONG=1 runs all.
stories=(-run 'SoftwareToken|OneCode|Session|Refresh|TestAWSCLI$')
[[ -z ${COGNATE_TEST_LONG:-} ]] || stories=()
database=$(sed -E 's#^(postgres(ql)?://[^/]*/)[^?]*#\1cognate_two_servers#' <<<"$COGNATE_TEST_POSTGRES_URL")
(cd conformance && COGNATE_TEST_BINARY=$work/cognate-libcrypto COGNATE_TEST_NODES_DATABASE=$database \
	go test "${stories[@]}" -shuffle=on -timeout 15m ./...) || failed=1
"$COGNATE_TEST_PG_BINDIR/psql" --quiet --command='DROP DATABASE cognate_two_servers WITH (FORCE)' "$COGNATE_TEST_POSTGRES_URL" || failed=1
exit "$failed"
