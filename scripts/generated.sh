#!/usr/bin/env bash
# Generates all code again and fails when that changed a file, committed or not: what is generated is committed as made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

# fingerprint prints a hash and a name for each file that git tracks or would track.
fingerprint() {
	git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done |
		xargs -0 sha256sum
}

before=$(fingerprint)
go generate ./...
diff <(echo "$before") <(fingerprint) ||
	die "generated code is not what its sources give: run 'make generate' and commit"
