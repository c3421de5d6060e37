# shellcheck shell=bash
# What the scripts of this folder share; sourced by them, from the root of the repository.
# Headings carry the seconds since the script started, so that a log shows where the time went.

# Stamping binaries with the revision asks git, which refuses a clone that belongs to another user (as in a container).
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

section() { printf '\n==> [%4ds] %s\n' "$SECONDS" "$*"; }

say() { printf '    %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# tool NAME ARGS... runs a tool at the version that tools/go.mod pins, for the module in the current folder.
tool() { go tool -modfile="$root/tools/go.mod" "$@"; }

root=$(pwd)
