#!/bin/bash
# Measures the hook against its floors and its peers, each on a host of its own in namespaces, all in turn in an order
# of chance. Writes src/doc/benchmarks.md, its figures and its plots. A benchmark, not a test: run it on a machine that
# does nothing else. Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing. Needs root, for namespaces.
#
#   scripts/bench.sh             all of it, in about ten minutes
#     --only PART...             these parts, only printed: nothing start beside guests foreign path commands size
#     --quick                    fewer runs, only printed
#     --compare                  only printed; exit code 1 if a ratio is worse than the one of src/doc/benchmarks.tsv by
#                                more than its noise
#     --python DIR               also the Python hook of this checkout of libvirt-hook-qemu, deadbok's or saschpe's;
#                                may be given twice
#     --lock FILE                hold a lock on this file while a part is measured, on a machine that is shared
#
# What it measures is in scripts/benchmark/parts.sh, how the peers are called in scripts/benchmark/contenders.sh.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

die() {
  echo "bench.sh: $*" >&2
  exit 1
}

every='nothing start beside guests foreign path commands size'
inside='' only='' quick='' compare='' lock='' pythons=() given=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    inside) inside=yes ;;
    --only)
      while [ $# -gt 1 ] && [[ " $every " == *" $2 "* ]]; do only+=" $2"; shift; done
      [ -n "$only" ] || die "--only takes of these: $every" ;;
    --quick) quick=yes ;;
    --compare) compare=yes ;;
    --python) pythons+=("$(realpath "${2-}")"); shift ;;
    --lock) lock=$(realpath -m "${2-}"); shift ;;
    *) die "'$1' is no option; see the head of $0" ;;
  esac
  shift
done

binary=$(realpath -m "${HOOKAOT:-artifacts/linux-x64/hookaot}")
if [ "$inside" != yes ]; then
  [ "$(id -u)" -eq 0 ] || die "needs root, for namespaces"
  scripts/install-packages.sh iproute2 iptables nftables gcc libc6-dev containernetworking-plugins netavark || exit 1
  [ ${#pythons[@]} -eq 0 ] || scripts/install-packages.sh python3 || exit 1
  [ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1
  [ -x artifacts/empty/empty ] ||
    dotnet publish scripts/benchmark/empty -c Release -o artifacts/empty --nologo -v quiet || exit 1
  exec unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash scripts/bench.sh inside "${given[@]}"
fi

# The first process of its namespace takes no signal that it does not ask for.
trap "exit 1" INT TERM
# What Debian's and libvirt's services have.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
dir=/mnt
mkdir $dir/hooks
cp "$binary" $dir/hooks/hookaot
cp artifacts/empty/empty $dir/empty
ln -s hookaot $dir/hooks/qemu
ln -s hookaot $dir/hooks/hookctrl
export HOOKAOT_HOOKS_DIR=$dir/hooks HOOKAOT_RUN_DIR=/run/hookaot HOOKAOT_LIBVIRT_RUN=/run/libvirt
export HOOKAOT_LIBVIRT_ETC=/run/etc HOOKAOT_LIBVIRT_DNSMASQ=/run/dnsmasq HOOKAOT_LOG_SOCKET=/run/log
for name in stopwatch path; do gcc -O2 -Wall -o $dir/$name scripts/benchmark/$name.c || exit 1; done
gcc -O2 -o $dir/probe tests/lab/probe.c || exit 1

# Of a checkout: its name, and a folder as its users have it.
python=''
for checkout in "${pythons[@]}"; do
  if [ -e "$checkout/hooks.py" ]; then one=python-deadbok script=hooks.py
  elif [ -e "$checkout/hooks" ]; then one=python-saschpe script=hooks
  else die "$checkout is no checkout of a libvirt-hook-qemu"; fi
  cp -r "$checkout" $dir/$one
  cp "$checkout/$script" $dir/$one/qemu
  chmod +x $dir/$one/qemu
  python+=" $one"
done

samples=$dir/samples derived=$dir/derived portmap="CNI_NETNS=/run/netns/web CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni"
portmap+=" /usr/lib/cni/portmap"
: >$samples
: >$derived
sizes='1 10 100 1000 10000' limit=10 rounds=100 share=1
[ -z "$quick" ] || rounds=15 share=.4
locked() {
  if [ -n "$lock" ]; then flock "$lock" "$@"; else "$@"; fi
}

# shellcheck source=scripts/benchmark/hosts.sh
. scripts/benchmark/hosts.sh
# shellcheck source=scripts/benchmark/contenders.sh
. scripts/benchmark/contenders.sh
# shellcheck source=scripts/benchmark/parts.sh
. scripts/benchmark/parts.sh
# shellcheck source=scripts/benchmark/chapter.sh
. scripts/benchmark/chapter.sh

domain web >$dir/web.xml
for ((g = 1; g <= guests; g++)); do domain g$g >$dir/g$g.xml; done
for part in ${only:-$every}; do
  began=$SECONDS
  part_"$part"
  echo "$part: $((SECONDS - began)) s" >&2
done
awk -f scripts/benchmark/figures.awk $derived $samples | sort -V >$dir/figures
if [ -n "$compare" ]; then
  awk -v all="$([ -n "$only" ] || echo yes)" -f scripts/benchmark/compare.awk src/doc/benchmarks.tsv $dir/figures
elif [ -n "$only$quick" ]; then
  cat $dir/figures
else
  { printf "# name\tmedian\tspread\tunit\truns\n" && cat $dir/figures; } >src/doc/benchmarks.tsv
  draw
  chapter >src/doc/benchmarks.md
  awk -f scripts/benchmark/goals.awk $dir/figures scripts/benchmark/goals.tsv
fi
