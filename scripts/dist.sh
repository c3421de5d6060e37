#!/usr/bin/env bash
# Builds dist/: a static binary for each platform, the other files of the container image, and SHA256SUMS.
#
# Usage: dist.sh [OS/ARCH...]    without arguments: all platforms
#
# The same commit and Go version give the same bytes, in any folder. VERSION, COMMIT and DATE (of the commit, RFC 3339 in UTC)
# come from git, unless these variables are set. DIST is the folder, dist by default; the script deletes what is in it.
#
# With LIBCRYPTO=1 it also builds, for Linux, the binary that signs with libcrypto, and the base files of its image. libcrypto-base.sh says what
# they need. They are Debian's newest, so other days may give other base files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

platforms=("$@")
# windows is for `cognate dev` only.
((${#platforms[@]})) || platforms=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64)
dist=${DIST:-dist}

# of_commit FORMAT prints a value of the current commit. Times are in UTC.
of_commit() { TZ=UTC git log -1 --abbrev=12 --date="format-local:$1" --format="$2"; }

if [[ -z ${VERSION:-} || -z ${COMMIT:-} || -z ${DATE:-} ]]; then
	git rev-parse --quiet --verify HEAD >/dev/null || die "not a git repository: set VERSION, COMMIT and DATE"
	dirty=$([[ -z $(git status --porcelain) ]] || echo +dirty)
	# Without a tag, the version has the form of Go's pseudo-versions.
	: "${VERSION:=$(git describe --tags --exact-match 2>/dev/null || of_commit %Y%m%d%H%M%S 'v0.0.0-%cd-%h')$dirty}"
	: "${COMMIT:=$(git rev-parse HEAD)$dirty}"
	: "${DATE:=$(of_commit %Y-%m-%dT%H:%M:%SZ %cd)}"
fi

section "cognate $VERSION, commit $COMMIT, date $DATE"
rm -rf "$dist"
mkdir -p "$dist"
dist=$(cd "$dist" && pwd)

# build NAME GOOS GOARCH TAGS builds a binary.
build() {
	say "$1"
	CGO_ENABLED=0 GOOS=$2 GOARCH=$3 go build -trimpath -tags "$4" -o "$dist/$1" \
		-ldflags "-s -w -X main.distVersion=$VERSION -X main.distCommit=$COMMIT -X main.distDate=$DATE" ./cmd/cognate
}

for platform in "${platforms[@]}"; do
	os=${platform%/*} arch=${platform#*/}
	name=cognate-$os-$arch
	[[ $os != windows ]] || name+=.exe
	build "$name" "$os" "$arch" ""
	if [[ -n ${LIBCRYPTO:-} && $os == linux ]]; then
		build "cognate-libcrypto-$os-$arch" "$os" "$arch" libcrypto
		scripts/libcrypto-base.sh "$dist/cognate-libcrypto-$os-$arch" "$arch" "$dist/libcrypto/$os-$arch"
	fi
done

say "ca-certificates.crt"
(cd tools/certificates && go run . >"$dist/ca-certificates.crt")
mkdir -p "$dist/volumes/data" # the image needs an empty folder

section "SHA256SUMS"
cd "$dist"
files=(cognate-* ca-certificates.crt)
if type -P sha256sum >/dev/null; then sha256sum "${files[@]}"; else shasum -a 256 "${files[@]}"; fi >SHA256SUMS
cat SHA256SUMS
