#!/usr/bin/env bash
# Writes testdata/releases/VERSION: filled databases that later versions must be able to upgrade. Run it on the commit of a release, before the
# tag. The files of a release never change.
#
# Usage: release-data.sh VERSION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

[[ ${1:-} =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "usage: release-data.sh VERSION, such as v1.2.3"
! git rev-parse --quiet --verify "refs/tags/$1" >/dev/null || die "$1 is released: its files never change"
find_postgres || die "PostgreSQL's server is missing"
make_work data
start_postgres "$work/pg"
rm -rf "testdata/releases/$1"
COGNATE_TEST_FILL_RELEASE=$1 go test -count=1 -run '^TestFillRelease$' ./cmd/cognate
COGNATE_TEST_REQUIRE=1 go test -count=1 -run '^TestReleases$' ./cmd/cognate
find "testdata/releases/$1" -type f -exec ls -l {} +
