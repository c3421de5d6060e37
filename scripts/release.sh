#!/usr/bin/env bash
# Builds a release in dist/: what dist.sh builds, and for Linux and macOS archives, packages for Debian and RPM, the licence texts of the
# modules in the binaries, and a list of these modules (SBOM, CycloneDX).
#
# Usage: VERSION=v1.2.3 release.sh [OS/ARCH...]    without arguments: all platforms
#
# The same commit and Go version give the same bytes, in any folder. VERSION, COMMIT and DATE are those of dist.sh. MAINTAINER (Name
# <address>) is who the packages name; the committer, unless it is set. SIGNING_KEY is a key of GnuPG that signs SHA256SUMS, or empty.
# It needs GNU tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

[[ ${VERSION:-} =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || die "VERSION must be like v1.2.3 or v1.2.3-rc.1, but is ${VERSION:-not set}"
if [[ -z ${MAINTAINER:-} || -z ${COMMIT:-} || -z ${DATE:-} ]]; then
	[[ -z $(git status --porcelain) ]] || die "files are changed or not in git: commit them before a release"
	: "${MAINTAINER:=$(git log -1 --format='%cn <%ce>')}"
	: "${COMMIT:=$(git rev-parse HEAD)}"
	: "${DATE:=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)}"
fi
export VERSION COMMIT DATE MAINTAINER
SOURCE_DATE_EPOCH=$(date -u -d "$DATE" +%s)
export SOURCE_DATE_EPOCH

platforms=("$@")
((${#platforms[@]})) || platforms=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64)
scripts/dist.sh "${platforms[@]}"
dist=$(cd "${DIST:-dist}" && pwd)
stage=$(mktemp -d -t cognate-release.XXXXXX)
trap 'rm -rf "$stage"' EXIT

# tool_of MODULE prints the program of a module below tools, which it builds.
tool_of() {
	mkdir -p "$stage/bin"
	(cd "tools/$1" && go build -o "$stage/bin/" tool)
	printf '%s\n' "$stage/bin/$1"
}

# archive FILE FOLDER NAME writes a tar.gz of the folder NAME in FOLDER, always with the same bytes.
archive() {
	tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --mode=u+rw,go=rX -C "$2" -cf - "$3" |
		gzip -9n >"$1"
}

# licences prints the licence texts of Go and of all modules in the binaries.
licences() {
	local path version dir file files
	echo "Cognate contains these modules, under their own licences."
	{
		echo "Go $(go env GOVERSION) $(go env GOROOT)"
		for platform in "${platforms[@]}"; do
			GOOS=${platform%/*} GOARCH=${platform#*/} go list -deps \
				-f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/cognate
		done
	} | LC_ALL=C sort -u | while read -r path version dir; do
		mapfile -t files < <(find "$dir" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'patents*' \) | LC_ALL=C sort)
		((${#files[@]})) || die "$path has no licence text"
		printf '\n%s\n%s %s\n' "$(printf '=%.0s' {1..80})" "$path" "$version"
		for file in "${files[@]}"; do
			printf '\n--- %s\n\n' "${file##*/}"
			cat "$file"
		done
	done
}

section "Licences"
licences >"$dist/THIRD-PARTY-LICENSES.txt"
say "$(grep -c '^====' "$dist/THIRD-PARTY-LICENSES.txt") modules"

section "Manual pages, completion, documents"
CGO_ENABLED=0 go build -trimpath -o "$stage/cognate" ./cmd/cognate
mkdir -p "$stage/man" "$stage/completion" "$stage/doc"
"$stage/cognate" man "$stage/man/man1" >/dev/null
for shell in bash zsh fish; do "$stage/cognate" completion "$shell" >"$stage/completion/$shell"; done

section "Archives"
for platform in "${platforms[@]}"; do
	[[ $platform != windows/* ]] || continue # for development only: a single file
	name=cognate-$VERSION-${platform/\//-}
	mkdir -p "$stage/$name/deploy"
	cp "$dist/cognate-${platform/\//-}" "$stage/$name/cognate"
	cp -R LICENSE CHANGELOG.md "$dist/THIRD-PARTY-LICENSES.txt" "$stage/man" "$stage/completion" "$stage/$name"
	cp -R deploy/systemd deploy/haproxy deploy/nginx "$stage/$name/deploy"
	archive "$dist/$name.tar.gz" "$stage" "$name"
	say "$name.tar.gz"
done
mkdir -p "$stage/chart"
cp -R deploy/helm/cognate "$stage/chart/cognate"
rm -r "$stage/chart/cognate/ci"
sed -i "s/^version: .*/version: ${VERSION#v}/; s/^appVersion: .*/appVersion: $VERSION/" "$stage/chart/cognate/Chart.yaml"
archive "$dist/cognate-$VERSION-helm.tgz" "$stage/chart" cognate
say "cognate-$VERSION-helm.tgz"

section "Packages"
version=${VERSION#v}
gzip -9n "$stage"/man/man1/*
gzip -9nc CHANGELOG.md >"$stage/doc/changelog.gz"
gzip -9nc "$dist/THIRD-PARTY-LICENSES.txt" >"$stage/doc/third-party-licenses.txt.gz"
gzip -9nc >"$stage/doc/changelog.Debian.gz" <<-END
	cognate (${version/-/\~}-1) stable; urgency=medium

	  * Release $VERSION. Its changes are in changelog.gz.

	 -- $MAINTAINER  $(LC_ALL=C date -u -R -d "$DATE")
END
sed "s/@YEAR@/${DATE%%-*}/" deploy/packages/copyright >"$stage/doc/copyright"
cp deploy/packages/lintian-overrides "$stage/doc/lintian-overrides"
nfpm=$(tool_of nfpm)
for platform in "${platforms[@]}"; do
	[[ $platform == linux/* ]] || continue
	for format in deb rpm; do
		ARCH=${platform#*/} BINARY=$dist/cognate-${platform/\//-} STAGE=$stage \
			"$nfpm" package --config deploy/packages/nfpm.yaml --packager "$format" --target "$dist/" | sed -n 's#^created package: .*/#    #p'
	done
done

section "Modules (SBOM)"
cyclonedx=$(tool_of cyclonedx-gomod)
for platform in "${platforms[@]}"; do
	file=cognate-${platform/\//-}
	[[ $platform != windows/* ]] || file+=.exe
	"$cyclonedx" bin -json -licenses -assert-licenses -noserial -notimestamp -std -version "$VERSION" \
		-output "$dist/cognate-$VERSION-${platform/\//-}.cdx.json" "$dist/$file" 2>/dev/null
	say "cognate-$VERSION-${platform/\//-}.cdx.json"
done

section "SHA256SUMS"
cd "$dist"
rm SHA256SUMS
mapfile -t files < <(find . -maxdepth 1 -type f -printf '%P\n' | LC_ALL=C sort)
sha256sum "${files[@]}" >SHA256SUMS
cat SHA256SUMS
if [[ -n ${SIGNING_KEY:-} ]]; then
	gpg --batch --yes --local-user "$SIGNING_KEY" --armor --detach-sign SHA256SUMS
	say "signed with $SIGNING_KEY: SHA256SUMS.asc"
fi
