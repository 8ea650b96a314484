#!/bin/bash
# The published binary beside the real docker, ufw, firewalld and podman of Debian 12 and 13, with real connections.
#
#   scripts/test-neighbours.sh [NAME...]
#
# NAME is docker, ufw, firewalld, firewalld-strict or podman; all of them without. Takes artifacts/linux-x64/hookaot,
# or $HOOKAOT; builds it if missing. Needs root on Debian; installs missing packages, and keeps a root file system for
# each Debian below $LAB_ROOTS. Everything runs in namespaces of its own (tests/lab/neighbour-host.sh). Prints a line a
# check, "ok" or "FAIL", and in the end "N passed, N failed"; exit code 1 if any failed.
#
#   SUITES    bookworm, trixie: which Debian
#   LIBVIRT   iptables, nftables: what libvirt writes its rules with (Debian 12's only writes iptables)
#   BACKENDS  iptables, nftables: what ours are written with
#   ORDERS    before, after: the neighbour starts before libvirt and ours, or after them
#   JOBS      how many stories run at a time
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

read -ra names <<<"${*:-ufw docker podman firewalld firewalld-strict}"
binary=${HOOKAOT:-artifacts/linux-x64/hookaot}
roots=${LAB_ROOTS:-/var/cache/hookaot-lab}
[ "$(id -u)" -eq 0 ] || { echo "test-neighbours.sh: needs root, for namespaces" >&2; exit 1; }
scripts/install-packages.sh debootstrap iproute2 util-linux procps gcc libc6-dev || exit 1
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1

# "NEIGHBOUR LIBVIRT BACKEND ORDER" of every story on a Debian
stories() { # SUITE
  local name libvirt backend order
  for name in "${names[@]}"; do
    [ "$1" != bookworm ] || [ "$name" != firewalld-strict ] || continue # since firewalld 2.3
    for libvirt in ${LIBVIRT:-iptables nftables}; do
      [ "$1" != bookworm ] || [ "$libvirt" != nftables ] || continue # since libvirt 10.4
      for backend in ${BACKENDS:-iptables nftables}; do
        for order in ${ORDERS:-before after}; do echo "$name $libvirt $backend $order"; done
      done
    done
  done
}

logs=$(mktemp -d -t hookaot-neighbours-log.XXXXXXXX)
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# A story whose last line is missing has not been told to its end.
tell() { # NUMBER SUITE STORY...
  local log=$logs/$1 suite=$2
  shift 2
  # shellcheck disable=SC2048,SC2086 # a story is words
  timeout -k 5 300 tests/lab/neighbour-host.sh "$roots/neighbours-$suite" "$binary" /lab/neighbour-story.sh $* \
    </dev/null >"$log" 2>&1
  [ "$(tail -n 1 "$log")" = "# end" ] || echo "FAIL  the story of $* ended too early" >>"$log"
  {
    flock 9
    sed "1s/^# /# $suite: /; /^# end$/d" "$log" | tee -a "$logs/all"
  } 9>"$logs/lock"
}

number=0 running=0
for suite in ${SUITES:-bookworm trixie}; do
  tests/lab/neighbour-root.sh "$suite" "$roots/neighbours-$suite" || exit 1
  while read -r story; do
    number=$((number + 1))
    tell "$number" "$suite" "$story" &
    running=$((running + 1))
    if [ "$running" -ge "${JOBS:-3}" ]; then
      wait -n
      running=$((running - 1))
    fi
  done < <(stories "$suite")
done
wait

passed=$(grep -c '^ok ' "$logs/all")
failed=$(grep -c '^FAIL ' "$logs/all")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
