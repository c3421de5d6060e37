#!/usr/bin/env bash
# Runs all tests of conformance/, also the long ones that `make test` leaves out, on a server built from this tree. It finds and
# installs programs as scripts/test.sh does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh

work=$(mktemp -d -t cognate-test-clients.XXXXXX)
trap 'rm -rf "$work"' EXIT

section "Tools"
COGNATE_TEST_LONG=1
export COGNATE_TEST_LONG
require_tools

section "Build"
go build -o "$work/cognate" ./cmd/cognate
export COGNATE_TEST_BINARY=$work/cognate

section "Tests: conformance, with the long ones"
(cd conformance && go test -shuffle=on -timeout 30m ./...)
