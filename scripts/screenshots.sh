#!/usr/bin/env bash
# Makes screenshots of the login pages in bin/screenshots, and copies those that the docs show to docs/screenshots. It finds and
# installs programs as scripts/test.sh does, and also fonts. PAGES and VIEWS can name single pages and views: see
# conformance/clients/node/screenshots.mjs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh

shown=(login-light-en login-dark-en setup-token-light-en account-light-en login-styled-light-en login-phone-ja signup-phone-ar device-consent-phone-en)
out=$root/bin/screenshots

has_font() { [[ -n $(fc-list ":lang=$1" family 2>/dev/null) ]]; }

missing_fonts() {
	type -P fc-list >/dev/null || echo "fontconfig (the list of fonts)"
	has_font ar || echo "fonts-dejavu-core (Arabic)"
	has_font ja && has_font ko && has_font zh-cn && has_font zh-tw || echo "fonts-wqy-zenhei (Chinese, Japanese and Korean)"
}

section "Tools"
require_tools
require_packages missing_fonts fonts

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
	if [[ -e $out/$name.png ]]; then # PAGES and VIEWS may leave it out
		cp "$out/$name.png" docs/screenshots/
	fi
done
say "$(find "$out" -name '*.png' | wc -l) screenshots in bin/screenshots"
