#!/bin/sh
# Runs after the package is removed. The settings and keys in /etc/cognate and the data in /var/lib/cognate are not those of the package:
# they stay, also after a purge, because nothing could bring back a lost master key.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
