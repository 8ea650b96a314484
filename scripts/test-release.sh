#!/bin/bash
# Installs, upgrades, uses and removes the published binary in throw-away roots: busybox and nothing else, Debian 11, 12
# and 13, with and without systemd. As root; everything happens in mount and network namespaces of its own. The last
# line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
top=$PWD
. scripts/check.sh

scripts/install-packages.sh busybox-static iptables iproute2 lintian || exit 1
[ -x artifacts/linux-x64/hookaot ] || scripts/build.sh linux-x64 || exit 1


work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- the release as a user gets it: one folder ---
release=$work/release
mkdir "$release"
cp install.sh src/config.schema.json README.md src/doc/installing.md "$release"
cp -r src/man src/service "$release"
cp artifacts/linux-x64/hookaot "$release/hookaot-linux-x64"
(cd "$release" && sha256sum hookaot-linux-x64 >SHA256SUMS)

# --- the packages ---
check "packages: made" scripts/package.sh
sha256sum dist/hookaot[_-]* >"$work/first"
check "packages: the same bytes again" bash -c "scripts/package.sh && sha256sum --quiet -c $work/first"
for deb in dist/*.deb; do check "lintian ${deb##*/}" lintian --allow-root --fail-on error,warning "$deb"; done
cp dist/*_amd64.deb dist/*.x86_64.rpm "$release"
cp dist/*_amd64.deb "$release/hookaot.deb"
cp dist/*.x86_64.rpm "$release/hookaot.rpm"

# --- older packages, as far as an upgrade has to remove what they had ---
old_packages() {
  local old=$work/old page=usr/share/man/man5/config.json.5.gz
  install -d "$old/root/DEBIAN" "$old/root/$(dirname $page)"
  echo '.TH CONFIG.JSON 5' | gzip -9n >"$old/root/$page"
  printf '%s\n' 'Package: hookaot' 'Version: 0.0.1-1' 'Architecture: amd64' 'Maintainer: x <x@example.org>' \
    'Description: x' >"$old/root/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$old/root" "$release/hookaot-old.deb" >/dev/null || return
  cat >"$old/hookaot.spec" <<END
Name: hookaot
Version: 0.0.1
Release: 1
Summary: x
License: MIT
AutoReqProv: no
%description
x
%install
install -D -m 644 $old/root/$page %{buildroot}/$page
%files
/$page
END
  rpmbuild -bb --quiet --target x86_64-linux --define "_topdir $old/top" --define "_rpmdir $old" \
    --define '_rpmfilename old.rpm' --define '__os_install_post %{nil}' "$old/hookaot.spec" &&
    mv "$old/old.rpm" "$release/hookaot-old.rpm"
}
check "older packages: made" old_packages

# --- the roots ---
busybox_root() { # what a minimal host has: busybox, and iptables with its libraries
  local root=$1 file
  mkdir -p "$root"/{bin,sbin,proc,sys,dev,tmp,run,etc/libvirt/hooks,usr/bin,usr/sbin,usr/local,lib64}
  cp /usr/bin/busybox "$root/bin/busybox"
  for file in $("$root/bin/busybox" --list); do [ "$file" = busybox ] || ln -s busybox "$root/bin/$file"; done
  for file in iptables iptables-restore iptables-save; do ln -s xtables-nft-multi "$root/usr/sbin/$file"; done
  cp /usr/sbin/xtables-nft-multi "$root/usr/sbin/"
  for file in $(ldd /usr/sbin/xtables-nft-multi | grep -o '/[^ ]*') /usr/lib/x86_64-linux-gnu/xtables/*.so; do
    mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"
  done
}

# --- running them ---
manifest() { # every file with type, mode, owner, link and content, but for those of the kernel and of package managers
  local path skip=()
  for path in release proc sys dev run var/lib/dpkg var/lib/rpm root/.rpmdb var/log; do
    skip+=(-path "./$path" -prune -o)
  done
  (cd "$1" && find . "${skip[@]}" -printf '%p %y %m %U:%G %l\n' -type f -exec sha256sum {} + | sort)
}
# A script of tests/release, on a copy of the root that is gone afterwards, and that has to be at the end as it was.
in_root() { # ROOT STORY
  export -f in_namespaces manifest
  unshare -m -n -p -f --propagation private \
    bash -euo pipefail -c 'in_namespaces "$@"' - "$1" "$2" "$release" "$work/mnt"
}
# shellcheck disable=SC2317 # in_root calls it
in_namespaces() { # ROOT STORY RELEASE WORK
  local root=$1 story=$2 release=$3 work=$4 script shell=/bin/sh
  script=$(cat tests/release/helpers.sh "tests/release/$story.sh")
  [ ! -e "$root/bin/busybox" ] || shell="/bin/busybox ash"

  mkdir -p "$work"
  mount -t tmpfs tmpfs "$work" -o size=1g
  mkdir "$work"/{upper,tmp,root}
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/tmp" "$work/root"
  cd "$work/root" || return
  mkdir -p release proc run
  mount --bind "$release" release
  mount -t proc proc proc
  mount -t tmpfs tmpfs run
  [ -e dev/null ] || mknod -m 666 dev/null c 1 3

  # Outside, and the net of guests.
  ip link set lo up
  ip addr add 192.168.0.166/24 dev lo
  ip addr add 192.168.122.2/24 dev lo

  manifest . >"$work/before"
  # shellcheck disable=SC2086 # busybox and what it is to be
  env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin chroot . $shell -c "$script"
  manifest . >"$work/after"
  diff "$work/before" "$work/after"
}
stories="life keeps-config downloaded copies foreign root full wrong-sum dry surroundings read-only-usr bare openrc"
check "busybox root: made" busybox_root "$work/busybox"
for root in "$work/busybox" bullseye bookworm trixie; do
  case $root in
    /*) name="busybox" ;;
    *) name=$root root=$top/artifacts/roots/$root
       check "$name root: made" scripts/debian-root.sh "$name" ;;
  esac
  [ "$name" = busybox ] && packages="" || packages="deb rpm"
  for story in $stories $packages; do check "$name: $story" in_root "$root" "$story"; done
done
for name in bookworm-systemd trixie-systemd; do
  check "$name root: made" scripts/debian-root.sh "$name"
  check "$name: service" in_root "$top/artifacts/roots/$name" service
done
check "bookworm: README" in_root "$top/artifacts/roots/bookworm" readme
check "bookworm-systemd: killed at each command" in_root "$top/artifacts/roots/bookworm-systemd" killed
check "bookworm: upgraded while hooks run" in_root "$top/artifacts/roots/bookworm" meanwhile

total
