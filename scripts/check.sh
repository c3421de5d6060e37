#!/usr/bin/env bash
# All checks that a change must pass, fast ones first: generated code, tidy modules, format, vet, linters, all tests, a build
# without cgo, known vulnerabilities.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

modules=(. conformance) # scripts/packages.sh checks the modules below tools

section "Size of the files"
large=$(git ls-tree -r -l --full-tree HEAD | awk '$4 > 1000000 {print $5}')
[[ -z $large ]] || die "these files are larger than 1 MB, and none should be:"$'\n'"$large"

section "Generated code"
scripts/generated.sh

section "go mod tidy"
for module in "${modules[@]}" tools; do (cd "$module" && go mod tidy -diff); done

section "gofmt"
unformatted=$(git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l)
[[ -z $unformatted ]] || die "gofmt would change:"$'\n'"$unformatted"

# golangci-lint runs vet on the rest.
section "go vet of packages with generated code"
git ls-files -z -- '*_gen.go' 'store/gen/*.go' | xargs -0 -n1 dirname | sort -u | sed 's#^#./#' | xargs go vet

section "golangci-lint"
for module in "${modules[@]}"; do (cd "$module" && tool golangci-lint run ./...); done

scripts/test.sh

section "Build without cgo, and for the other systems of a release"
CGO_ENABLED=0 go build -trimpath -o /dev/null ./cmd/cognate
for system in darwin windows; do CGO_ENABLED=0 GOOS=$system go build -trimpath -o /dev/null ./cmd/cognate; done

section "Known vulnerabilities"
scripts/vulnerabilities.sh

section "All checks passed"
