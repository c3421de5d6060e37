#!/usr/bin/env bash
# Writes what the image of the build with libcrypto has besides the binary to a folder: the libraries of Debian that the binary and
# libcrypto load, the licences of their packages, and the lists in which scanners look for packages.
#
# Usage: libcrypto-base.sh BINARY ARCH FOLDER
#
# debootstrap makes a system of SUITE from MIRROR in a temporary folder, apt-get upgrades it from SECURITY_MIRROR, and its loader finds the
# libraries. This needs root, and for the architecture of another machine an emulator such as Debian's qemu-user-static.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

(($# == 3)) || die "usage: libcrypto-base.sh BINARY ARCH FOLDER"
binary=$1 arch=$2 folder=$3
: "${SUITE:=trixie}" "${MIRROR:=http://deb.debian.org/debian}" "${SECURITY_MIRROR:=http://deb.debian.org/debian-security}"
[[ $EUID -eq 0 ]] || die "debootstrap needs root"
type -P debootstrap >/dev/null || die "debootstrap is missing"

work=$(mktemp -d -t cognate-libcrypto.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
system=$work/system

# in_system COMMAND... runs a command in the system.
in_system() { PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$system" "$@" </dev/null; }

# logged COMMAND... runs a command, and prints its output only if it fails.
logged() { "$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "failed: $*"; }; }

say "Debian $SUITE for $arch"
# openssl depends on the package of libcrypto, whose name differs between suites.
logged debootstrap --variant=minbase --include=openssl --arch="$arch" "$SUITE" "$system" "$MIRROR"
printf 'deb %s %s main\n' "$MIRROR" "$SUITE" "$SECURITY_MIRROR" "$SUITE-security" >"$system/etc/apt/sources.list"
logged in_system apt-get -qq update
logged in_system apt-get -qq -y dist-upgrade
chmod 755 "$work" # mktemp's mode is 700
cp "$binary" "$system/cognate"

libcrypto=$(in_system sh -c 'ls /usr/lib/*/libcrypto.so.3')
mapfile -t libraries < <(in_system ldd /cognate "$libcrypto" | grep -o '/[^ ]*\.so[^ ]*' | grep -v ':$' | LC_ALL=C sort -u)
((${#libraries[@]} >= 4)) || die "ldd finds only ${libraries[*]}"
rm -rf "$folder"
mkdir -p "$folder/etc" "$folder/var/lib/dpkg/status.d"
for library in "$libcrypto" "${libraries[@]}"; do
	# /lib is a link to /usr/lib. dpkg knows a file by the path in its package.
	file=$(in_system readlink -f "$library")
	install -D -m 0755 "$system$file" "$folder/usr${library#/usr}"
	package=$(in_system dpkg-query --search "$file" 2>/dev/null || in_system dpkg-query --search "${file#/usr}") || die "no package has $file"
	package=${package%%:*}
	[[ ! -e $folder/var/lib/dpkg/status.d/$package ]] || continue
	in_system dpkg-query --status "$package" >"$folder/var/lib/dpkg/status.d/$package"
	install -D -m 0644 "$system$(in_system readlink -f "/usr/share/doc/$package/copyright")" "$folder/usr/share/doc/$package/copyright"
	say "$(in_system dpkg-query --show "$package")"
done
for link in "$folder"/usr/lib*; do ln -s "usr/${link##*/}" "$folder/${link##*/}"; done
cp "$system/usr/lib/os-release" "$folder/etc/os-release"
chmod -R u=rwX,go=rX "$folder"
