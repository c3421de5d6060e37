#!/usr/bin/env bash
# Tests of what users install: reproducible binaries, the container image, the Compose files, and the examples of the docs. There is no
# Docker engine: BuildKit's packages read the Dockerfile, buildah builds it, and the image runs in a chroot. On Debian, root
# needs only Go. COGNATE_TEST_REQUIRE=1 (set by CI) makes the script fail, instead of skip the image, if it cannot be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

work=$(mktemp -d -t cognate-packages.XXXXXX)
storage=(--storage-driver vfs --root "$work/storage" --runroot "$work/run")
container=
clean() {
	local status=$?
	trap - EXIT
	[[ -z $container ]] || buildah "${storage[@]}" rm "$container" >/dev/null || status=1
	rm -rf "$work"
	exit "$status"
}
trap clean EXIT

# block FILE MARKER prints the code block of a document that follows the comment MARKER.
block() {
	awk -v marker="<!-- $2 -->" '$0 == marker { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$1"
}

# test_image builds the image with buildah, checks its files, and starts it as compose.yaml says.
test_image() {
	local image=$work/image expected
	cp Dockerfile .dockerignore "$work/context"
	buildah "${storage[@]}" build --quiet --isolation chroot --format docker --build-arg "TARGETARCH=$arch" -t cognate "$work/context" >/dev/null
	container=$(buildah "${storage[@]}" from cognate)
	cp -a "$(buildah "${storage[@]}" mount "$container")" "$image"
	expected=$(printf "%s\n" "0 755 /cognate" "65532 700 /data" "0 644 /etc/ssl/certs/ca-certificates.crt")
	diff <(echo "$expected") <(cd "$image" && find . \( ! -type d -o -empty \) -printf '%U %m /%P\n' | LC_ALL=C sort -k3) ||
		die "the image has other files, owners or modes"
	(cd tools/compose && COGNATE_TEST_ROOT=$image go test -count=1 -v -run 'Container|Development|ReadableSecret' .)
}

section "Binary"
arch=$(go env GOHOSTARCH)
export VERSION=v9.9.9 COMMIT=0123456789abcdef DATE=2030-01-02T03:04:05Z
DIST=$work/context/dist scripts/dist.sh "linux/$arch"

section "Another folder gives the same bytes"
mkdir "$work/copy"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$work/copy"
DIST=$work/again "$work/copy/scripts/dist.sh" "linux/$arch" >/dev/null
diff "$work/context/dist/SHA256SUMS" "$work/again/SHA256SUMS" || die "the binaries differ"

if [[ $(uname) == Linux ]]; then
	section "Version"
	binary=$work/context/dist/cognate-linux-$arch
	line="cognate $VERSION (commit $COMMIT, date $DATE) $(go env GOVERSION) linux/$arch"
	[[ $("$binary" version) == "$line" && $("$binary" --version) == "$line" ]] || die "cognate version prints: $("$binary" version)"
fi

for tool in certificates dockerfile compose; do
	section "Lint and tests: tools/$tool"
	(
		cd "tools/$tool"
		go mod tidy -diff
		tool golangci-lint run ./...
		go test -count=1 ./... # the cache does not see files of other modules
	)
done
for module in actionlint pebble; do
	(cd "tools/$module" && go mod tidy -diff)
done

section "Image"
if [[ $EUID -eq 0 && -e /etc/debian_version ]] && ! type -P buildah >/dev/null; then
	say "installing buildah"
	{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends buildah >/dev/null; } </dev/null
fi
if [[ $EUID -eq 0 ]] && type -P buildah >/dev/null; then
	test_image
elif [[ -n ${COGNATE_TEST_REQUIRE:-} ]]; then
	die "the image needs root and buildah"
else
	say "not tested: needs root and buildah"
fi

section "docs/examples/github-actions.yml"
go tool -modfile=tools/actionlint/go.mod actionlint -no-color docs/examples/github-actions.yml

section "docs/in-tests.md"
mkdir "$work/myapp"
ln -s "$root" "$work/cognate"
block docs/in-tests.md go.mod >"$work/myapp/go.mod"
block docs/in-tests.md signup_test.go >"$work/myapp/signup_test.go"
(cd "$work/myapp" && go mod tidy && go test -v ./...)

section "all package tests passed"
