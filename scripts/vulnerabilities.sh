#!/usr/bin/env bash
# Checks for known vulnerabilities in code that ours calls. If the online database is not reachable, it prints a note and
# succeeds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

status=0
output=$(tool govulncheck ./... 2>&1) || status=$?
if ((status == 0)) || [[ $output != *'fetching vulnerabilities'* ]]; then
	echo "$output"
	exit "$status"
fi
say "not checked: govulncheck's database was not reachable"
