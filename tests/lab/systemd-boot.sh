#!/bin/bash
# Boots the systemd of the root that neighbour-host.sh has made, as its first process, and lets it run a command as a
# service. What that prints is printed, and the host ends when it does.
#
#   tests/lab/neighbour-host.sh ROOT BINARY /lab/systemd-boot.sh COMMAND...
set -euo pipefail

# Only systemd's own hierarchy of cgroups: later ones take no other.
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkfifo /run/story
cat /run/story &
mkdir -p /run/systemd/system
cat >/run/systemd/system/story.service <<END
[Unit]
After=multi-user.target
[Service]
ExecStart=/bin/bash -c 'exec $* >/run/story 2>&1'
ExecStopPost=/bin/systemctl exit --no-block
Environment=PATH=$PATH HOME=/root LC_ALL=C
END
mkdir -p /run/systemd/system/default.target.wants
ln -s ../story.service /run/systemd/system/default.target.wants
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
rm -f /etc/machine-id
touch /etc/machine-id
export container=hookaot
exec /lib/systemd/systemd --log-level=info --show-status=no
