#!/usr/bin/env bash
# All checks that a change must pass, fast ones first: generated code, tidy modules, format, vet, linters, all tests, the packages
# that users install, known vulnerabilities.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

modules=(. conformance)
package_tools=(tools/certificates tools/dockerfile tools/compose) # modules with code, for scripts/packages.sh

section "Generated code"
scripts/generated.sh

section "go mod tidy"
for module in "${modules[@]}" "${package_tools[@]}" tools tools/actionlint; do (cd "$module" && go mod tidy -diff); done

section "gofmt"
unformatted=$(git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l)
[[ -z $unformatted ]] || die "gofmt would change:"$'\n'"$unformatted"

section "go vet"
for module in "${modules[@]}" "${package_tools[@]}"; do (cd "$module" && go vet ./...); done

section "golangci-lint"
for module in "${modules[@]}" "${package_tools[@]}"; do (cd "$module" && tool golangci-lint run ./...); done

scripts/test.sh

section "Packages" # builds without cgo
scripts/packages.sh

section "Known vulnerabilities"
scripts/vulnerabilities.sh

section "All checks passed"
