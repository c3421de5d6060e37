# shellcheck shell=bash
# Starts and stops a PostgreSQL server for one test run. Sourced by the scripts that need one.

# make_work NAME makes the temporary folder $work. The end of the script stops the server of start_postgres and removes the folder.
make_work() {
	work=$(mktemp -d -t "cognate-$1.XXXXXX")
	trap remove_work EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

remove_work() {
	local status=$?
	trap - EXIT
	stop_postgres || status=1
	rm -rf "$work"
	exit "$status"
}

# start_postgres DIR creates a cluster in the new folder DIR, starts it on a socket in DIR, and sets COGNATE_TEST_POSTGRES_URL. The data is
# temporary, so writes are not synced.
start_postgres() {
	postgres_dir=$1
	chmod 711 "$(dirname "$postgres_dir")" # PostgreSQL's user must be able to enter it
	mkdir -m 700 "$postgres_dir"
	as_postgres=()
	if [[ $EUID -eq 0 ]]; then # initdb and the server do not run as root
		local owner=nobody
		id -u postgres >/dev/null 2>&1 && owner=postgres
		chown "$owner" "$postgres_dir"
		as_postgres=(setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups --)
	fi
	run_postgres initdb --no-sync --auth=trust --username=cognate --encoding=UTF8 --locale=C.UTF-8 \
		-D "$postgres_dir/data" >"$postgres_dir.log" 2>&1 || { cat "$postgres_dir.log"; die "initdb failed"; }
	run_postgres tee -a "$postgres_dir/data/postgresql.conf" >/dev/null <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$postgres_dir'
		max_connections = 400
		shared_buffers = 128MB
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		wal_level = minimal
		max_wal_senders = 0
		autovacuum = off
		jit = off
	CONF
	run_postgres pg_ctl start --wait --silent -D "$postgres_dir/data" -l "$postgres_dir/log" ||
		{ cat "$postgres_dir/log"; die "PostgreSQL did not start"; }
	export COGNATE_TEST_POSTGRES_URL="postgres://cognate@/postgres?host=$postgres_dir&sslmode=disable"
}

# stop_postgres does nothing if no server runs.
stop_postgres() {
	[[ -e ${postgres_dir:-}/data/postmaster.pid ]] || return 0
	run_postgres pg_ctl stop --mode=immediate --silent -D "$postgres_dir/data"
}

# run_postgres runs a command as the owner of the cluster. It runs in the cluster's folder, because the owner may not be
# allowed to read the current folder.
run_postgres() (
	cd "$postgres_dir" && PATH=$COGNATE_TEST_PG_BINDIR:$PATH exec "${as_postgres[@]}" "$@"
)
