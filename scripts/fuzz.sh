#!/usr/bin/env bash
# Runs each fuzz target for FUZZTIME (default 5s). go test runs one target at a time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

mapfile -t targets < <(git grep --untracked -oE '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go')
for target in "${targets[@]}"; do
	package=./$(dirname "${target%%:*}")
	name=${target##* }
	section "$name ($package)"
	go test -run='^$' -fuzz="^$name\$" -fuzztime="${FUZZTIME:-5s}" "$package"
done
