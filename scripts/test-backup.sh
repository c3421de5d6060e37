#!/usr/bin/env bash
# Runs the commands of docs/backup.md: backups and restores of both databases while a server is in use, a dump and a restore to a moment with
# the tools of PostgreSQL, and Litestream to a folder and to an object store. On Debian, root needs only Go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh
. scripts/tools.sh
. scripts/postgres.sh

work=$(mktemp -d -t cognate-backup.XXXXXX)
clean() {
	local status=$?
	trap - EXIT
	for job in $(jobs -p); do kill -9 "$job" 2>/dev/null || true; done
	stop_postgres || status=1
	((status == 0)) || tail -n 5 "$work"/*.log >&2 || true
	rm -rf "$work"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# backup_packages prints the missing Debian packages, with a description of each.
backup_packages() {
	type -P age-keygen >/dev/null || echo "age (age-keygen)"
	type -P pgbackrest >/dev/null || echo "pgbackrest (pgBackRest)"
	type -P oathtool >/dev/null || echo "oathtool (codes of software tokens)"
	find_postgres || echo "postgresql (PostgreSQL's server)"
	find_aws || true
	[[ -n ${COGNATE_TEST_AWS:-} ]] || echo "awscli (the AWS CLI, version 2)"
}
require_packages backup_packages programs
find_postgres
find_aws || true

section "Programs"
mkdir "$work/bin"
go build -o "$work/bin/cognate" ./cmd/cognate
(cd tools/litestream && go build -o "$work/bin/" github.com/benbjohnson/litestream/cmd/litestream github.com/johannesboyne/gofakes3/cmd/gofakes3)
page=$PWD/docs/backup.md
export PATH=$work/bin:$COGNATE_TEST_PG_BINDIR:$PATH
unset AWS_CA_BUNDLE # Litestream cannot use it

# page BLOCK... runs code blocks of the page in one shell.
page() {
	local name
	for name; do
		grep -qx " *\`\`\`sh $name" "$page" || die "the page has no block $name"
	done
	bash -euo pipefail -c "$(for name; do awk -v begin="\`\`\`sh $name" '{ sub(/^ +/, "") } $0 == begin { inside = 1; next } /^```/ { inside = 0 } inside' "$page"; done)" ||
		die "a block of the page failed: $*"
}

aws() { "$COGNATE_TEST_AWS" --no-cli-pager --endpoint-url "$endpoint" cognito-idp "$@"; }

# serve NAME PORT FLAGS... starts a server and waits until it is ready. Its process is $server.
serve() {
	local name=$1
	endpoint=http://127.0.0.1:$2
	shift 2
	cognate serve "$@" --account 000000000000 --listen "${endpoint#http://}" --metrics-listen "" --public-url http://id.example >"$work/$name.log" 2>&1 &
	server=$!
	cognate healthcheck --url "$endpoint" --wait 30s
}

# stop stops the server.
stop() {
	kill "$server"
	wait "$server" || die "the server ended with an error"
}

password=Correct-horse-1
tokens='AuthenticationResult.RefreshToken'
# session prints the Session of a sign-in of ann, who has a software token.
session() {
	aws initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH --auth-parameters "USERNAME=ann,PASSWORD=$password" --query Session --output text
}
# answer SESSION CODE answers with a code, and prints the refresh token.
answer() {
	aws respond-to-auth-challenge --client-id "$client" --challenge-name SOFTWARE_TOKEN_MFA --session "$1" \
		--challenge-responses "USERNAME=ann,SOFTWARE_TOKEN_MFA_CODE=$2" --query "$tokens" --output text
}
step() { echo $(($(date +%s) / 30)); }
# wait_for_step NUMBER waits until a code of a step after NUMBER is the current one.
wait_for_step() { while (($(step) <= $1)); do sleep 1; done; }
code() { oathtool --totp --base32 "$secret"; }

# refused WHAT COMMAND... requires that a command fails.
refused() {
	local what=$1
	shift
	! "$@" >"$work/refused" 2>&1 || die "$what was accepted: $(cat "$work/refused")"
}

# create_pool creates a pool with ann.
create_pool() {
	pool=$(aws create-user-pool --pool-name people --query UserPool.Id --output text)
	aws set-user-pool-mfa-config --user-pool-id "$pool" --mfa-configuration ON --software-token-mfa-configuration Enabled=true >"$work/answer"
	client=$(aws create-user-pool-client --user-pool-id "$pool" --client-name app --query UserPoolClient.ClientId --output text \
		--explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH)
	aws admin-create-user --user-pool-id "$pool" --username ann --message-action SUPPRESS >"$work/answer"
	aws admin-set-user-password --user-pool-id "$pool" --username ann --password "$password" --permanent
	local session
	session=$(session)
	read -r secret session < <(aws associate-software-token --session "$session" --query '[SecretCode,Session]' --output text)
	session=$(aws verify-software-token --session "$session" --user-code "$(code)" --query Session --output text)
	refresh=$(aws respond-to-auth-challenge --client-id "$client" --challenge-name MFA_SETUP --session "$session" \
		--challenge-responses USERNAME=ann --query "$tokens" --output text)
	export POOL=$pool
}

# load creates users until the file $work/stop exists. It writes the names of those that the server has answered to $work/answered.
load() {
	local i
	rm -f "$work/stop"
	for ((i = 0; ; i++)); do
		[[ ! -e $work/stop ]] || return 0
		if cognate cognito-idp admin-create-user --endpoint-url "$endpoint" --user-pool-id "$pool" --username "$1-$i" --message-action SUPPRESS \
			>/dev/null 2>&1; then
			echo "$1-$i" >>"$work/answered"
		else
			sleep 0.1
		fi
	done
}
start_load() {
	: >"$work/answered"
	load a & loads=($!)
	load b & loads+=($!)
	until (($(wc -l <"$work/answered") > 10)); do sleep 0.1; done
}
stop_load() {
	touch "$work/stop"
	wait "${loads[@]}"
}

# require_users FILE requires that the database has all users of a list.
require_users() {
	aws list-users --user-pool-id "$pool" --query 'Users[].[Username]' --output text | sort >"$work/users"
	sort "$1" | comm -23 - "$work/users" >"$work/lost"
	[[ ! -s $work/lost ]] || die "$(wc -l <"$work/lost") users are lost, such as $(head -n 1 "$work/lost")"
}

# require_restored checks what a restored database accepts. SPENT is a Session that was used with CODE at the step STEP, and UNUSED one that was not.
require_restored() {
	refused "a spent code" answer "$(session)" "$used_code"
	refused "a spent Session" answer "$spent" "$used_code"
	wait_for_step "$(($(step) + 1))"
	refused "a Session of before the restore" answer "$unused" "$(code)"
	answer "$(session)" "$(code)" >"$work/answer"
}

# spend signs ann in once more, so that the backup does not know it.
spend() {
	unused=$(session)
	wait_for_step "$(step)"
	spent=$(session)
	used_code=$(code)
	answer "$spent" "$used_code" >"$work/answer"
}

section "A backup of SQLite in use"
mkdir "$work/site"
cd "$work/site"
cognate init . >"$work/init.log"
export AWS_SHARED_CREDENTIALS_FILE=$PWD/administrator.key AWS_DEFAULT_REGION=us-east-1
serve sqlite 8231 --config cognate.yaml
create_pool
start_load
cp "$work/answered" "$work/before"
page backup
stop_load
[[ $(stat -c %a cognate.backup) == 600 ]] || die "others can read the backup"
say "a copy with cp loses data"
mkdir copied && cp data/cognate.db copied/
[[ $(cognate migrate --data copied --dry-run) != "no pending migrations" ]] ||
	refused "a copy with cp" cognate users locked --data copied --master-key-file master.key --pool "$pool"

section "A backup that is killed"
start_load
for _ in 1 2 3; do
	cognate backup --config cognate.yaml --out killed.backup >"$work/killed.log" 2>&1 &
	sleep 0.05
	kill -9 $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	[[ ! -e killed.backup ]] || cognate backup verify killed.backup >/dev/null
	rm -f killed.backup
done
stop_load
cognate backup --config cognate.yaml --out after.backup >"$work/after.log"
[[ ! -e data/backup.db ]] || die "the copy of a killed backup is left"

section "The drill"
page verify restore look clean
[[ $(age -d -i identity.txt cognate.backup | tar -xzO manifest.json) == *'"cognate-backup/1"'* ]] || die "age and tar do not read the backup"

section "Restore of SQLite into PostgreSQL"
spend
stop
postgres=$work/pg
start_postgres "$postgres"
chmod 711 "$postgres"
export PGHOST=$postgres PGUSER=cognate
createdb cognate
export DATABASE="postgres://cognate@/cognate?host=$postgres&sslmode=disable" RESTORED="postgres://cognate@/restored?host=$postgres&sslmode=disable"
cognate restore cognate.backup --identity-file identity.txt --database-url "$DATABASE" --master-key-file master.key
serve postgres 8232 --database-url "$DATABASE" --master-key-file master.key
require_users "$work/before"
require_restored
aws initiate-auth --client-id "$client" --auth-flow REFRESH_TOKEN_AUTH --auth-parameters "REFRESH_TOKEN=$refresh" >"$work/answer"

section "And back into SQLite"
start_load
cp "$work/answered" "$work/before"
cognate backup --database-url "$DATABASE" --master-key-file master.key --out back.backup >"$work/back.log"
stop_load
refused "a restore beside a server" cognate restore back.backup --database-url "$DATABASE" --master-key-file master.key
spend
stop
cognate restore back.backup --data back --master-key-file master.key --end-sessions
serve back 8233 --data back --master-key-file master.key
require_users "$work/before"
require_restored
refused "a token of before --end-sessions" aws initiate-auth --client-id "$client" --auth-flow REFRESH_TOKEN_AUTH \
	--auth-parameters "REFRESH_TOKEN=$refresh"
stop

section "pg_dump"
serve postgres 8232 --database-url "$DATABASE" --master-key-file master.key
start_load
cp "$work/answered" "$work/before"
page dump
stop_load
spend
stop
page undump
serve dumped 8234 --database-url "$RESTORED" --master-key-file master.key
require_users "$work/before"
require_restored
stop

section "pgBackRest"
mkdir -m 777 "$work/pgbackrest"
export PGDATA=$postgres/data PGBACKREST_CONFIG=$work/pgbackrest.conf
cat >"$PGBACKREST_CONFIG" <<-CONF
	[global]
	repo1-path=$work/pgbackrest
	repo1-cipher-type=aes-256-cbc
	repo1-cipher-pass=correct-horse
	log-path=$work/pgbackrest
	lock-path=$work/pgbackrest
	start-fast=y
	repo1-retention-full=2
	[cognate]
	pg1-path=$PGDATA
	pg1-socket-path=$postgres
	pg1-user=cognate
	pg1-database=postgres
CONF
for program in pgbackrest pg_ctl; do # run as the owner of the cluster, who also runs them
	real=$(type -P $program)
	# shellcheck disable=SC2016 # the wrapper expands it
	printf '#!/bin/sh\n[ "$(id -u)" = 0 ] || exec %q "$@"\ncd %q && exec %s %q "$@"\n' \
		"$real" "$postgres" "${as_postgres[*]}" "$real" >"$work/bin/$program"
	chmod 755 "$work/bin/$program"
done
run_postgres tee -a "$PGDATA/postgresql.conf" >/dev/null <<-'CONF'
	wal_level = replica
	max_wal_senders = 4
	archive_mode = on
	archive_command = 'pgbackrest --stanza=cognate archive-push %p'
	fsync = on
	full_page_writes = on
CONF
pg_ctl restart --silent --wait -D "$PGDATA" -l "$postgres/log"
page pgbackrest >"$work/pgbackrest.log"
serve postgres 8232 --database-url "$DATABASE" --master-key-file master.key
start_load
cp "$work/answered" "$work/before"
stop_load
MOMENT=$(psql -Atc "SELECT clock_timestamp()" "$DATABASE")
export MOMENT
aws admin-create-user --user-pool-id "$pool" --username after --message-action SUPPRESS >"$work/answer"
spend
psql -Atc "SELECT pg_switch_wal()" "$DATABASE" >"$work/answer"
stop
page moment >"$work/moment.log"
serve moment 8235 --database-url "$DATABASE" --master-key-file master.key
require_users "$work/before"
refused "a user of after the moment" aws admin-get-user --user-pool-id "$pool" --username after
require_restored
stop
stop_postgres

# test_litestream NAME REPLICA tests Litestream with a replica.
test_litestream() {
	section "Litestream to $1"
	rm -rf data restored litestream.yml
	cognate restore after.backup --data data --master-key-file master.key
	serve "litestream-$1" 8236 --data data --master-key-file master.key
	export DATA=$PWD/data
	printf 'dbs:\n  - path: %s/cognate.db\n    replica:\n%s\n' "$DATA" "$2" >litestream.yml
	wait_for_step "$(($(step) + 1))"
	answer "$(session)" "$(code)" >"$work/answer"
	page litestream >"$work/litestream.log" 2>&1 &
	local litestream=$!
	start_load
	cp "$work/answered" "$work/before"
	spend
	sleep 5 # more than the second by which Litestream is late
	pkill -9 -P "$litestream" # while the server writes
	kill -9 "$server"
	wait "$server" "$litestream" 2>/dev/null || true
	stop_load
	page litestream-restore
	serve "litestreamed-$1" 8237 --data restored --master-key-file master.key
	require_users "$work/before"
	require_restored
	stop
}
test_litestream folder "      type: file
      path: $work/litestream"
gofakes3 -backend memory -initialbucket backups -host 127.0.0.1:8238 >"$work/s3.log" 2>&1 &
test_litestream s3 "      type: s3
      bucket: backups
      path: cognate
      endpoint: http://127.0.0.1:8238
      region: us-east-1
      access-key-id: test
      secret-access-key: test
      force-path-style: true"

section "all backup tests passed"
