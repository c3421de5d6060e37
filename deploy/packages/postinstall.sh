#!/bin/sh
# Runs after the installation of the package, on Debian and RPM. A server that runs is restarted with the new version.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart cognate.service
fi
