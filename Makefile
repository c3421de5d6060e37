.DEFAULT_GOAL := help
.PHONY: screenshots help demo test test-backup test-clients test-faults test-metrics test-packages check release bench bench-connections bench-libcrypto bench-operator bench-peers bench-scale build dist man generate lint fuzz

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a software token from association to sign-in, on a server of its own
	go run ./cmd/cognate demo

test: ## the tests, on SQLite and PostgreSQL and with the usual clients (about fifteen minutes)
	scripts/test.sh

test-clients: ## the tests with clients, also the long ones that test leaves out
	scripts/test-clients.sh

test-faults: ## databases, disks and clocks that fail under load (about half an hour; root, Debian's packages)
	scripts/test-faults.sh

check: ## everything that CI runs: generated code, linters, tests, builds
	scripts/check.sh

bench: ## operations of the API, OAuth 2.0 endpoints and login pages: rates and ratios (about eight minutes)
	go run ./internal/bench

bench-connections: ## AdminCreateUser on 64 connections against 8, also with slow syncs (needs strace)
	go run ./internal/bench -connections

bench-libcrypto: ## sign-ins of the build that signs with libcrypto against the static build (about three minutes)
	go run ./internal/bench -libcrypto

bench-peers: ## the same requests to cognate and to the npm package cognito-local (needs npm; about a minute)
	go run ./internal/bench -peers

bench-scale: ## many users, events and passwords against few, and imports, on both databases (USERS=1000000)
	scripts/bench.sh -scale -scale-users $(or $(USERS),1000000)

bench-operator: ## the audit, policies, two servers, ten minutes of mixed sign-ins, a backup (USERS=1000000)
	scripts/bench.sh -operator -scale-users $(or $(USERS),1000000)

screenshots: ## bin/screenshots: each login page, light, dark, on a phone, in Japanese and Arabic
	scripts/screenshots.sh

build: ## bin/cognate, static
	CGO_ENABLED=0 go build -trimpath -o bin/cognate ./cmd/cognate

man: ## bin/man/man1, the manual pages of all commands
	go run ./cmd/cognate man bin/man/man1

dist: ## dist/: static binaries for all platforms, checksums, and the files of the image (VERSION=v1.2.3, LIBCRYPTO=1)
	scripts/dist.sh

test-backup: ## the commands of docs/backup.md, with pgBackRest and Litestream (about ten minutes)
	scripts/test-backup.sh

release: ## dist/: also archives, packages for Debian and RPM, licences, SBOM (VERSION=v1.2.3, SIGNING_KEY=gpg key)
	scripts/release.sh

test-packages: ## the binaries, the container image, the Compose files and the examples of the docs
	scripts/packages.sh

test-metrics: ## the alert rules and the dashboard, with two servers and Prometheus (about two minutes)
	scripts/metrics.sh

generate: ## make the generated code again
	go generate ./...

lint: ## golangci-lint, both modules
	go tool -modfile=tools/go.mod golangci-lint run ./...
	cd conformance && go tool -modfile=../tools/go.mod golangci-lint run ./...

fuzz: ## each fuzz target for a few seconds (FUZZTIME=5s)
	scripts/fuzz.sh
