#!/bin/bash
# Makes a root file system of Debian with those who also write firewall rules, for neighbour-host.sh. Needs root.
#
#   tests/lab/neighbour-root.sh SUITE DIRECTORY
#
# SUITE      bookworm (Debian 12) or trixie (Debian 13)
# DIRECTORY  where it is kept; one that is complete is left as it is. It takes two minutes and 1 GB.
#
# Of libvirt only its zones for firewalld and its helper for leases are used.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
suite=${1:?suite} root=${2:?directory}
packages="iptables nftables dbus busybox-static docker.io ufw firewalld podman netavark aardvark-dns socat"
# for watch-bench.sh: an editor, and libvirt's way from a lease of dnsmasq to its status file
packages="$packages vim-tiny dnsmasq-base libvirt-daemon"
[ "$suite" = bookworm ] || packages="$packages docker-cli" # docker.io has it in Debian 12
complete=$root/etc/neighbour-packages

[ "$(cat "$complete" 2>/dev/null)" != "$packages" ] || exit 0
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9
[ "$(cat "$complete" 2>/dev/null)" != "$packages" ] || exit 0

"$here/../../scripts/install-packages.sh" debootstrap
mirror=${LAB_MIRROR:-$(apt-get indextargets --format "\$(REPO_URI)" | sed -n 's,/*$,,; /debian$/{p;q}')}
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
log=$root.log
trap '[ $? -eq 0 ] || { echo "neighbour-root: see $log" >&2; tail -5 "$log" >&2; }' EXIT

echo "neighbour-root: debootstrap $suite from $mirror" >&2
rm -rf "$root"
debootstrap --variant=minbase --include=ca-certificates,iproute2,procps \
  "$suite" "$root" "$mirror" "$script" >"$log" 2>&1
# what is installed may not start a service
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
chroot "$root" apt-get -q update >>"$log" 2>&1
# shellcheck disable=SC2086 # a list of package names
chroot "$root" env DEBIAN_FRONTEND=noninteractive \
  apt-get -qy --no-install-recommends -o APT::Sandbox::User=root install $packages >>"$log" 2>&1
# libvirt's zones for firewalld, from the package that has them
case $suite in
  bookworm) zones=libvirt-daemon-system ;;
  *) zones=libvirt-daemon-driver-network ;;
esac
# shellcheck disable=SC2016 # for the inner shell
chroot "$root" sh -euc '
  cd /tmp
  apt-get -q -o APT::Sandbox::User=root download "$1"
  dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xC / ./usr/lib/firewalld
  rm -f "$1"_*.deb
  apt-get clean' - "$zones" >>"$log" 2>&1
echo "$packages" >"$complete"
