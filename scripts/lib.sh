# shellcheck shell=bash
# Functions for the scripts of this folder, which source it in the root of the repository.
# Headings show the seconds since the script started.

# Do not stamp binaries with the git revision: git rejects a clone that belongs to another user, as in a container.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

section() { printf '\n==> [%4ds] %s\n' "$SECONDS" "$*"; }

say() { printf '    %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# tool NAME ARGS... runs a tool in the version of tools/go.mod, for the module in the current folder.
tool() { go tool -modfile="$root/tools/go.mod" "$@"; }

root=$(pwd)
