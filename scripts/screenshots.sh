#!/usr/bin/env bash
# Makes screenshots of the login pages in bin/screenshots, and copies those that the docs show to docs/screenshots. It finds and
# installs programs as scripts/test.sh does. It needs fonts for Arabic and Japanese (Debian: fonts-dejavu, fonts-droid-fallback).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh

shown=(login-light-en login-dark-en login-phone-ja signup-phone-ar setup-token-light-en)
out=$root/bin/screenshots

section "Tools"
require_tools
for language in ar ja; do
	[[ -n $(fc-list ":lang=$language" family) ]] || die "no font for the language $language; install fonts-dejavu and fonts-droid-fallback"
done

section "Build"
work=$(mktemp -d -t cognate-screenshots.XXXXXX)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
server=
go build -o "$work/cognate" ./cmd/cognate
cp -r conformance/clients/node "$work/node"
(cd "$work/node" && npm ci --silent --no-audit --no-fund)

section "Screenshots"
"$work/cognate" dev --listen 127.0.0.1:0 >"$work/log" 2>&1 &
server=$!
for _ in {1..100}; do
	url=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$work/log" | head -1) && break
	sleep 0.1
done
rm -rf "$out"
COGNATE_ENDPOINT=$url node "$work/node/screenshots.mjs" "$out"
mkdir -p docs/screenshots
for name in "${shown[@]}"; do
	cp "$out/$name.png" docs/screenshots/
done
say "$(find "$out" -name '*.png' | wc -l) screenshots in bin/screenshots"
