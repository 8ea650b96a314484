#!/bin/bash
# Boots the systemd of the root that neighbour-host.sh has made, as the first process there, and lets it run a command
# as a service. What that prints is printed, and the host ends when it does.
#
#   tests/lab/neighbour-host.sh ROOT BINARY /lab/systemd-boot.sh COMMAND...
set -euo pipefail

# Only systemd's own hierarchy: its later versions take no other.
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# systemd sets some of what it finds at its start, and these are the machine's own.
for settings in kernel fs vm; do
  mount --bind /proc/sys/$settings /proc/sys/$settings
  mount -o remount,bind,ro /proc/sys/$settings
done

units=/run/systemd/system
mkdir -p $units/multi-user.target.wants
# What belongs to hardware, and what a story starts by itself.
for unit in systemd-sysctl.service systemd-udevd.service systemd-modules-load.service systemd-timesyncd.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount e2scrub_reap.service getty.target; do
  ln -s /dev/null $units/$unit
done
rm -f /etc/systemd/system/multi-user.target.wants/firewalld.service
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
: >/etc/machine-id

mkfifo /run/story
cat /run/story &
cat >$units/story.service <<END
[Service]
ExecStart=/bin/bash -c 'exec $* >/run/story 2>&1'
ExecStopPost=/bin/systemctl exit --no-block
Environment=PATH=$PATH HOME=/root LC_ALL=C
END
ln -s ../story.service $units/multi-user.target.wants
export container=hookaot
exec /lib/systemd/systemd --show-status=no
