#!/usr/bin/env bash
# Tests of what Prometheus and Grafana get: the alert rules with promtool, and the queries of the dashboard with a Prometheus that
# scrapes two servers on one PostgreSQL database. On Debian, root needs only Go; elsewhere the script lists missing programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

make_work metrics

# missing_programs prints the missing Debian packages, with a description of each.
missing_programs() {
	find_postgres || echo "postgresql (PostgreSQL's server)"
	{ type -P prometheus && type -P promtool; } >/dev/null || echo "prometheus (Prometheus and promtool)"
}

section "Tools"
require_packages missing_programs programs
find_postgres
export COGNATE_TEST_PROMETHEUS
COGNATE_TEST_PROMETHEUS=$(type -P prometheus)
say "Prometheus: $COGNATE_TEST_PROMETHEUS; PostgreSQL: $COGNATE_TEST_PG_BINDIR"

section "Rules"
promtool check rules deploy/prometheus/rules.yaml
promtool test rules deploy/prometheus/rules_test.yaml
awk '$2 == "alert:" { print $3 }' deploy/prometheus/rules.yaml | while read -r alert; do
	grep -q "alertname=\"$alert\"" deploy/prometheus/rules_test.yaml || die "deploy/prometheus/rules_test.yaml has no test of $alert"
done

section "Dashboard"
start_postgres "$work/pg"
go build -o "$work/cognate" ./cmd/cognate
export COGNATE_TEST_BINARY=$work/cognate
(
	cd tools/metrics
	go mod tidy -diff
	tool golangci-lint run ./...
	go test -count=1 -v ./...
)

section "the metrics tests passed"
