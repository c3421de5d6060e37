#!/bin/sh
# Runs before the package is removed or upgraded. $1 is "remove" or "upgrade" on Debian, and 0 or 1 (packages that stay) with RPM.
set -e
if [ -d /run/systemd/system ] && { [ "$1" = remove ] || [ "$1" = 0 ]; }; then
	systemctl --no-reload disable --now cognate.service
fi
