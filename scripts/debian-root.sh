#!/bin/sh
# Makes a Debian that tests install into, with iptables and rpm: scripts/debian-root.sh SUITE -> artifacts/roots/SUITE.
# SUITE-systemd has systemd besides, and programs that write rules. Both are kept from one run to the next.
set -eu
cd "$(dirname "$0")/.."
name=$1 suite=${1%-systemd} root=artifacts/roots/$1
[ ! -e "$root.done" ] || exit 0
trap '[ $? -eq 0 ] || tail -5 "$root.log" >&2' EXIT

in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }
if [ "$name" = "$suite" ]; then
  scripts/install-packages.sh debootstrap
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=iptables,rpm "$suite" "$root" >"$root.log" 2>&1
  mkdir -p "$root/etc/libvirt/hooks"
else
  "$0" "$suite"
  rm -rf "$root"
  cp -a "artifacts/roots/$suite" "$root"
  cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  # What is installed may not start a service.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  in_root apt-get -q update >"$root.log" 2>&1
  in_root apt-get -qy --no-install-recommends -o APT::Sandbox::User=root install \
    systemd-sysv dbus nftables firewalld iproute2 procps >>"$root.log" 2>&1
  rm "$root/usr/sbin/policy-rc.d"
  in_root apt-get clean
fi
touch "$root.done"
