#!/usr/bin/env bash
# Generates all code again and fails if a file changed. Generated files are committed and must be up to date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

# fingerprint prints the hash and name of each file that git tracks or does not ignore.
fingerprint() {
	git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done |
		xargs -0 sha256sum
}

before=$(fingerprint)
go generate ./...
diff <(echo "$before") <(fingerprint) ||
	die "generated code is not up to date: run 'make generate' and commit"
