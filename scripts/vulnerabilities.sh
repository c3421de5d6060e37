#!/usr/bin/env bash
# Looks for known vulnerabilities that our code reaches. The database is on the internet: where it can't be reached this
# says so and passes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

status=0
said=$(tool govulncheck ./... 2>&1) || status=$?
if ((status == 0)) || [[ $said != *'fetching vulnerabilities'* ]]; then
	echo "$said"
	exit "$status"
fi
say "not checked: govulncheck's database was not reachable"
