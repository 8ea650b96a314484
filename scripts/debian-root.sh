#!/bin/sh
# Makes a Debian that tests install into: scripts/debian-root.sh SUITE -> artifacts/roots/SUITE, with iptables and rpm.
# It is kept from one run to the next.
set -eu
cd "$(dirname "$0")/.."
suite=$1 root=artifacts/roots/$1
[ ! -e "$root.done" ] || exit 0
scripts/install-packages.sh debootstrap
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include=iptables,rpm "$suite" "$root" >"$root.log" 2>&1 ||
  { tail -5 "$root.log" >&2; exit 1; }
mkdir -p "$root/etc/libvirt/hooks"
touch "$root.done"
