#!/usr/bin/env bash
# Tests of what users install: reproducible releases, the packages, the container image, the files in deploy, and the examples of the docs.
# There is no Docker engine and no Kubernetes: BuildKit's packages read the Dockerfile, buildah builds it, umoci unpacks the image, and it runs
# in a chroot; kubectl-validate checks the chart with the schemas of Kubernetes. On Debian, root needs only Go. COGNATE_TEST_REQUIRE=1 makes the
# script fail, instead of skip a part, if a program is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

work=$(mktemp -d -t cognate-packages.XXXXXX)
storage=(--storage-driver vfs --root "$work/storage" --runroot "$work/run")
clean() {
	local status=$?
	trap - EXIT
	stop_postgres || status=1
	GNUPGHOME=$work/gnupg gpgconf --kill all 2>/dev/null || true
	! mountpoint -q "$work/debian/proc" || umount "$work/debian/proc"
	rm -rf "$work"
	exit "$status"
}
trap clean EXIT

# missing_programs prints the Debian packages of missing programs, for require_packages.
missing_programs() {
	type -P gpg >/dev/null || echo "gpg (signatures of releases)"
	type -P gpg-agent >/dev/null || echo "gpg-agent (signatures of releases)"
	type -P shellcheck >/dev/null || echo "shellcheck (checks of scripts)"
	type -P lintian >/dev/null || echo "lintian (checks of packages for Debian)"
	type -P rpm >/dev/null || echo "rpm (reads packages for RPM)"
	type -P debootstrap >/dev/null || echo "debootstrap (a system to install packages in)"
	type -P systemd-analyze >/dev/null || echo "systemd (checks of units)"
	type -P nginx >/dev/null || echo "nginx-light (a proxy)"
	type -P haproxy >/dev/null || echo "haproxy (a proxy)"
	type -P buildah >/dev/null || echo "buildah (builds the image)"
	type -P umoci >/dev/null || echo "umoci (unpacks the image)"
	find_postgres || echo "postgresql (PostgreSQL's server)"
}

# needs PROGRAM... succeeds if the programs are there. Otherwise the script ends, or the part is skipped.
needs() {
	local program
	for program; do
		type -P "$program" >/dev/null && continue
		[[ -z ${COGNATE_TEST_REQUIRE:-} ]] || die "$program is missing"
		say "not tested: $program is missing"
		return 1
	done
}

# needs_root is needs, for the right to make users and mounts.
needs_root() {
	[[ $EUID -ne 0 ]] || return 0
	[[ -z ${COGNATE_TEST_REQUIRE:-} ]] || die "this needs root"
	say "not tested: needs root"
	return 1
}

# silent COMMAND... runs a command that must end with status 0 and print nothing.
silent() {
	local output
	output=$("$@" 2>&1) || die "$*:"$'\n'"$output"
	[[ -z $output ]] || die "$* prints:"$'\n'"$output"
}

# block FILE MARKER prints the code block of a document that follows the comment MARKER.
block() {
	awk -v marker="<!-- $2 -->" '$0 == marker { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$1"
}

# test_image CONTEXT SIGNER NAME [FLAG...] builds an image with buildah, checks its files, and starts it as compose.yaml says. SIGNER is
# the library that its log names, and NAME is a new name for the image. FLAGs are for buildah.
test_image() {
	local context=$1 signer=$2 name=$3 image=$work/image-$3/rootfs expected
	cp Dockerfile .dockerignore "$context"
	buildah "${storage[@]}" build --quiet --isolation chroot --format docker --build-arg "TARGETARCH=$arch" "${@:4}" -t "$name" "$context" >/dev/null
	buildah "${storage[@]}" push --quiet "$name" "oci:$work/oci:$name"
	umoci unpack --image "$work/oci:$name" "$work/image-$name"
	expected=$(printf "%s\n" "0 755 /cognate" "65532 700 /data" "0 644 /etc/ssl/certs/ca-certificates.crt")
	diff <(echo "$expected") <(cd "$image" && find . \( ! -type d -o -empty \) -printf '%U %m /%P\n' | { grep -vE "$base_files" || true; } | LC_ALL=C sort -k3) ||
		die "the image has other files, owners or modes"
	(cd tools/compose && COGNATE_TEST_ROOT=$image COGNATE_TEST_SIGNER=$signer go test -count=1 -v -run 'Container|Development|ReadableSecret' .)
	say "$(du -sh --apparent-size "$image" | cut -f1) the files of the image"
}

# base_files matches the base files of the image with libcrypto, with their owner and mode.
base_files='^0 (755 /usr/lib(64)?/([a-z0-9_-]+/)?(ld-linux-[a-z0-9-]+|lib[a-z0-9]+)\.so\.[0-9]+|777 /lib(64)?'
base_files+='|644 /(etc/os-release|usr/share/doc/[a-z0-9.+-]+/copyright|var/lib/dpkg/status\.d/[a-z0-9.+-]+))$'

# in_debian COMMAND... runs a command in the system for packages.
in_debian() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$work/debian" "$@"
}

# files_of_debian prints the files of the system for packages, without those that dpkg and the operator write.
files_of_debian() {
	find "$work/debian" -xdev \( -path '*/proc' -o -path '*/var/lib/dpkg' -o -path '*/var/log' -o -path '*/etc/cognate' -o -path '*/var/lib/cognate' \
		-o -path '*/run' \) -prune -o -printf '%P\n' | LC_ALL=C sort
}

# test_deb installs the package for Debian in a system without anything else, starts the server as the unit says, and purges the package.
test_deb() {
	local deb=$1 mirror start exposure
	mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; } |
		awk '$1 == "URIs:" { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }')
	debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/debian" "$mirror" >"$work/debootstrap.log" 2>&1 ||
		{ tail "$work/debootstrap.log"; die "debootstrap failed"; }
	mount -t proc proc "$work/debian/proc"
	files_of_debian >"$work/before"
	cp "$deb" "$work/debian/run/cognate.deb"

	in_debian dpkg --install /run/cognate.deb >/dev/null
	[[ $(in_debian cognate version) == "$line" ]] || die "the installed program prints: $(in_debian cognate version)"
	in_debian dpkg --verify cognate
	mkdir "$work/unit"
	sed "s#/usr/bin/cognate#$binary#" "$work/debian/lib/systemd/system/cognate.service" >"$work/unit/cognate.service"
	silent systemd-analyze verify --man=no "$work/unit/cognate.service"
	exposure=$(systemd-analyze security --offline=yes --threshold=20 deploy/systemd/cognate.service | tail -n 1)
	say "${exposure#*Overall }"

	# The commands of docs/install.md, and the server as the unit starts it: with copies of the two files, and as a user without rights.
	in_debian cognate init /etc/cognate --data /var/lib/cognate >/dev/null
	chown -R 61234:61234 "$work/debian/var/lib/cognate"
	mkdir -p "$work/debian/run/credentials"
	cp "$work/debian/etc/cognate/cognate.yaml" "$work/debian/etc/cognate/master.key" "$work/debian/run/credentials/"
	chown -R 61234:61234 "$work/debian/run/credentials"
	chmod 500 "$work/debian/run/credentials"
	chmod 400 "$work"/debian/run/credentials/*
	start=$(sed -n 's/^ExecStart=//p' deploy/systemd/cognate.service)
	env -i PATH=/usr/sbin:/usr/bin CREDENTIALS_DIRECTORY=/run/credentials COGNATE_METRICS_LISTEN=127.0.0.1:0 COGNATE_LISTEN="127.0.0.1:$port" \
		chroot --userspec=61234:61234 "$work/debian" setpriv --no-new-privs --bounding-set=-all sh -c "exec $start" >"$work/serve.log" 2>&1 &
	server=$!
	in_debian cognate healthcheck --listen "127.0.0.1:$port" --wait 30s || { cat "$work/serve.log"; die "the server does not start"; }
	in_debian env AWS_SHARED_CREDENTIALS_FILE=/etc/cognate/administrator.key AWS_REGION=us-east-1 \
		cognate cognito-idp create-user-pool --pool-name people --endpoint-url "http://127.0.0.1:$port" >/dev/null
	# Commands that root runs beside the server leave no file that the server cannot write.
	in_debian cognate keys list --config /etc/cognate/cognate.yaml >/dev/null
	[[ -z $(find "$work/debian/var/lib/cognate" ! -uid 61234) ]] || die "a command has made files of root in the data of the server"
	kill "$server"
	wait "$server" || { cat "$work/serve.log"; die "the server does not stop"; }

	in_debian dpkg --install /run/cognate.deb >/dev/null # an upgrade
	in_debian dpkg --purge cognate >/dev/null
	files_of_debian >"$work/after"
	diff "$work/before" "$work/after" || die "the package leaves files"
	[[ -e $work/debian/etc/cognate/master.key && -e $work/debian/var/lib/cognate/cognate.db ]] || die "a purge has removed the data or the key"
	umount "$work/debian/proc"
}

# test_chart checks the chart with the schemas of several versions of Kubernetes.
test_chart() {
	local helm=$work/bin/helm validate=$work/bin/kubectl-validate chart=$1 version values operator crds=$work/crds
	for tool in helm kubectl-validate; do (cd "tools/$tool" && go build -o "$work/bin/" tool); done
	operator=$(cd tools/prometheus-operator && go mod download && go list -m -f '{{.Dir}}' github.com/prometheus-operator/prometheus-operator)
	mkdir -p "$crds"
	cp "$operator/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml" "$crds"
	"$helm" template id "$chart" --kube-version 1.30 >"$work/refused" 2>&1 && die "the chart does not require publicUrl"
	grep -q "publicUrl is required" "$work/refused" || { cat "$work/refused"; die "the chart does not say that publicUrl is missing"; }
	# The alerts and the dashboard name the job, which is the value of this label of the service.
	"$helm" template id "$chart" --kube-version 1.30 --set publicUrl=https://id.example.com,serviceMonitor.enabled=true >"$work/manifests.yaml"
	grep -q "^  jobLabel: app.kubernetes.io/name$" "$work/manifests.yaml" || die "the ServiceMonitor has no label with the job"
	[[ $(sed -n 's/^    app.kubernetes.io\/name: //p' "$work/manifests.yaml" | sort -u) == $(grep -oP 'job="\K[^"]+' deploy/prometheus/rules.yaml | sort -u) ]] ||
		die "the ServiceMonitor has another job than the alerts"
	for values in deploy/helm/cognate/ci/*-values.yaml; do
		"$helm" lint --quiet --strict "$chart" --values "$values"
		for version in 1.28 1.29 1.30; do
			"$helm" template id "$chart" --namespace identity --kube-version "$version" --values "$values" >"$work/manifests.yaml"
			"$validate" --version "$version" --local-crds "$crds" "$work/manifests.yaml" >"$work/validated" 2>&1 || { cat "$work/validated"; die "Kubernetes $version refuses $values"; }
			say "Kubernetes $version accepts $(grep -c '^kind:' "$work/manifests.yaml") resources of ${values##*/}"
		done
	done
}

section "Programs"
[[ ! -e /etc/debian_version || $EUID -ne 0 ]] || require_packages missing_programs programs
find_postgres || true

section "Release"
arch=$(go env GOHOSTARCH)
port=$((20000 + RANDOM % 10000))
export VERSION=v9.9.9 COMMIT=0123456789abcdef DATE=2020-01-02T03:04:05Z MAINTAINER="Tests <tests@cognate.test>"
if needs gpg; then
	export GNUPGHOME=$work/gnupg
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-generate-key "Tests <tests@cognate.test>" ed25519 sign 1d 2>/dev/null
fi
dist=$work/context/dist
SIGNING_KEY=${GNUPGHOME:+tests@cognate.test} DIST=$dist scripts/release.sh "linux/$arch"
(cd "$dist" && sha256sum --check --quiet SHA256SUMS)
[[ -z ${GNUPGHOME:-} ]] || gpg --batch --quiet --verify "$dist/SHA256SUMS.asc" "$dist/SHA256SUMS" 2>/dev/null || die "the signature is wrong"

section "Another folder gives the same bytes"
mkdir "$work/copy"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$work/copy"
DIST=$work/again "$work/copy/scripts/release.sh" "linux/$arch" >/dev/null
diff "$dist/SHA256SUMS" "$work/again/SHA256SUMS" || die "the files differ"

section "Version"
binary=$dist/cognate-linux-$arch
line="cognate $VERSION (commit $COMMIT, date $DATE) $(go env GOVERSION) linux/$arch"
[[ $("$binary" version) == "$line" && $("$binary" --version) == "$line" ]] || die "cognate version prints: $("$binary" version)"
[[ $("$binary" version --json) == "{\"version\":\"$VERSION\",\"commit\":\"$COMMIT\",\"date\":\"$DATE\",\"go\":\"$(go env GOVERSION)\",\"os\":\"linux\",\"arch\":\"$arch\"}" ]] ||
	die "cognate version --json prints: $("$binary" version --json)"
say "$(du -h --apparent-size "$binary" | cut -f1) the program, without symbols"
! go tool nm "$binary" >/dev/null 2>&1 || die "the program has symbols"

section "Archive and list of modules"
tar -xzf "$dist/cognate-$VERSION-linux-$arch.tar.gz" -C "$work"
[[ $("$work/cognate-$VERSION-linux-$arch/cognate" version) == "$line" ]] || die "the program in the archive is another one"
grep -q "^github.com/jackc/pgx/v5 " "$work/cognate-$VERSION-linux-$arch/THIRD-PARTY-LICENSES.txt" || die "the licences are not complete"
grep -q '"purl": "pkg:golang/github.com/jackc/pgx/v5@' "$dist/cognate-$VERSION-linux-$arch.cdx.json" || die "the list of modules is not complete"
grep -q "\"version\": \"$VERSION\"" "$dist/cognate-$VERSION-linux-$arch.cdx.json" || die "the list of modules does not name the release"

section "Packages"
deb=("$dist"/*.deb) rpm=("$dist"/*.rpm)
! needs lintian || lintian --allow-root --fail-on error,warning --suppress-tags bogus-mail-host "${deb[0]}"
! needs rpm || rpm --query --package --list "${rpm[0]}" 2>/dev/null | grep -qx /usr/lib/systemd/system/cognate.service || die "the package for RPM has no unit"
if needs_root && needs debootstrap systemd-analyze; then test_deb "${deb[0]}"; fi

section "Scripts"
! needs shellcheck || shellcheck --severity=warning --external-sources .ci/run scripts/*.sh deploy/packages/*.sh

section "Proxies"
! needs haproxy || COGNATE_1=127.0.0.1:8229 COGNATE_2=127.0.0.1:8239 silent haproxy -c -q -f deploy/haproxy/haproxy.cfg
if needs nginx openssl; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=id.example.com -days 1 \
		-keyout "$work/cognate.key" -out "$work/cognate.crt" 2>/dev/null
	{
		printf 'pid %s/nginx.pid;\nevents {}\nhttp {\n' "$work"
		sed "s#/etc/nginx/#$work/#; s#/var/log/nginx/#$work/#" deploy/nginx/cognate.conf
		echo "}"
	} >"$work/nginx.conf"
	silent nginx -t -q -c "$work/nginx.conf"
fi

section "Rolling upgrade"
if needs haproxy nginx && [[ -n ${COGNATE_TEST_PG_BINDIR:-} ]]; then
	# The previous release is that of the last tag. Without a tag it is this tree with another version.
	if previous=$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null); then
		mkdir "$work/previous"
		git archive "$previous" | tar -xf - -C "$work/previous"
	else
		previous=v9.9.8
		ln -s "$root" "$work/previous"
	fi
	say "from $previous"
	VERSION=$previous DIST=$work/old "$work/previous/scripts/dist.sh" "linux/$arch" >/dev/null
	start_postgres "$work/pg"
	(cd tools/rolling && COGNATE_TEST_OLD=$work/old/cognate-linux-$arch COGNATE_TEST_NEW=$binary go test -count=1 -v .)
fi

section "Chart"
test_chart deploy/helm/cognate
mkdir "$work/chart"
tar -xzf "$dist/cognate-$VERSION-helm.tgz" -C "$work/chart"
"$work/bin/helm" show chart "$work/chart/cognate" | grep -qx "appVersion: $VERSION" || die "the chart of the release has another version"

for tool in certificates dockerfile compose rolling; do
	section "Lint and tests: tools/$tool"
	(
		cd "tools/$tool"
		go mod tidy -diff
		tool golangci-lint run --allow-parallel-runners ./...
		go test -count=1 ./... # the cache does not see files of other modules
	)
done
for module in actionlint cyclonedx-gomod helm kubectl-validate nfpm pebble prometheus-operator; do
	(cd "tools/$module" && go mod tidy -diff)
done

section "Image"
if needs_root && needs buildah umoci; then test_image "$work/context" crypto/rsa static; fi

section "Image with libcrypto"
if needs_root && needs buildah umoci debootstrap; then
	mkdir "$work/libcrypto"
	LIBCRYPTO=1 DIST=$work/libcrypto/dist scripts/dist.sh "linux/$arch" | grep '^    '
	cmp "$binary" "$work/libcrypto/dist/cognate-linux-$arch" || die "LIBCRYPTO=1 changes the static binary"
	test_image "$work/libcrypto" OpenSSL libcrypto --target libcrypto
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
