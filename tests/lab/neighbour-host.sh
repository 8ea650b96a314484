#!/bin/bash
# Runs a command as on a host of its own: Debian's root file system, network, mounts, processes and cgroups are its
# own, and all of it ends with the command. Needs root.
#
#   tests/lab/neighbour-host.sh ROOT BINARY COMMAND...
#
# ROOT    what neighbour-root.sh has made. It is only read: what is written goes to a tmpfs above it.
# BINARY  hookaot, which is then /etc/libvirt/hooks/hookaot
# RELEASE in the environment is a folder that the command finds at /release.
# The command finds this directory at /lab, and the probe (probe.c), which is built if it is missing, in its PATH.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cgroups="cpu cpuacct cpuset memory devices freezer blkio pids"

# ---- inside: the first process of the namespaces

inside() { # ROOT BINARY COMMAND...
  local root=$1 binary=$2 top=$state/root
  shift 2
  mount --make-rprivate /
  mount -t tmpfs -o size=2g tmpfs "$state"
  mkdir "$state"/{upper,work,root}
  mount -t overlay -o "lowerdir=$root,upperdir=$state/upper,workdir=$state/work" overlay "$top"
  mount -t proc proc "$top/proc"
  mount -t sysfs sysfs "$top/sys"
  mount_cgroups "$top/sys/fs/cgroup"
  mount_devices "$top/dev"
  mount -t tmpfs tmpfs "$top/run"
  mount -t tmpfs -o mode=1777 tmpfs "$top/tmp"
  # docker keeps its images by "vfs", which copies: not in the overlay, where a copy costs twice
  mkdir -p "$top/var/lib/docker" "$top/var/lib/containers"
  mount -t tmpfs tmpfs "$top/var/lib/docker"
  mount -t tmpfs tmpfs "$top/var/lib/containers"
  mkdir -p "$top"/run/{lock,netns,dbus} "$top"/{lab,old} "$top/etc/libvirt/hooks"
  mount --bind "$here" "$top/lab"
  cp "$probe" "$top/usr/local/bin/probe"
  cp "$binary" "$top/etc/libvirt/hooks/hookaot"
  if [ -n "${RELEASE:-}" ]; then
    mkdir "$top/release"
    mount --bind "$RELEASE" "$top/release"
  fi
  hostname neighbours
  echo "127.0.0.1 localhost neighbours" >"$top/etc/hosts"
  cd "$top"
  pivot_root . old
  umount -l /old
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@"
}

mount_cgroups() { # DIRECTORY
  local group
  mount -t tmpfs tmpfs "$1"
  for group in $cgroups; do
    mkdir "$1/$group"
    mount -t cgroup -o "$group" cgroup "$1/$group" 2>/dev/null || rmdir "$1/$group"
  done
}

mount_devices() { # DIRECTORY
  local node
  mount -t tmpfs -o mode=755 tmpfs "$1"
  for node in null zero full random urandom tty; do
    touch "$1/$node"
    mount --bind "/dev/$node" "$1/$node"
  done
  mkdir "$1"/{pts,shm,mqueue}
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/pts"
  mount -t tmpfs tmpfs "$1/shm"
  mount -t mqueue mqueue "$1/mqueue"
  ln -s pts/ptmx "$1/ptmx"
  ln -s /proc/self/fd "$1/fd"
}

# ---- outside

# A child cgroup of our own in every v1 hierarchy, below the one that this runs in.
cgroup_directories() {
  local group path
  for group in $cgroups; do
    path=$(sed -n "s/^[0-9]*:$group://p" /proc/self/cgroup)
    [ ! -d "/sys/fs/cgroup/$group$path" ] || echo "/sys/fs/cgroup/$group${path%/}/neighbours-$$"
  done
}

make_cgroups() { # DIRECTORY...
  local directory
  for directory; do
    mkdir -p "$directory"
    [[ $directory != */cpuset/* ]] || {
      cat "${directory%/*}/cpuset.cpus" >"$directory/cpuset.cpus"
      cat "${directory%/*}/cpuset.mems" >"$directory/cpuset.mems"
    }
  done
}

enter() { # COMMAND...; in the cgroups of $entered
  local directory
  for directory in $entered; do echo "$BASHPID" >"$directory/cgroup.procs"; done
  exec unshare --net --mount --pid --fork --uts --ipc --cgroup --kill-child "$@"
}

if [ "${1:-}" = --inside ]; then
  shift
  state=$1 probe=$2
  shift 2
  inside "$@"
fi

root=$(realpath "$1") binary=$(realpath "$2")
shift 2
probe=$root.probe
[ "$probe" -nt "$here/probe.c" ] || gcc -O2 -Wall -static -s -o "$probe" "$here/probe.c"
state=$(mktemp -d -t hookaot-neighbours.XXXXXXXX)
entered=$(cgroup_directories)
# shellcheck disable=SC2317 # the trap calls it
finish() {
  [ -z "${host:-}" ] || { kill -KILL "$host" 2>/dev/null && wait "$host" 2>/dev/null; } || true
  rmdir "$state"
  # shellcheck disable=SC2086 # a list of directories
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find $entered -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep .1
  done || true
}
trap finish EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086 # a list of directories
make_cgroups $entered
enter "$0" --inside "$state" "$probe" "$root" "$binary" "$@" &
host=$!
code=0
wait "$host" || code=$?
host=''
exit "$code"
