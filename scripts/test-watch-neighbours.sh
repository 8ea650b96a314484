#!/bin/bash
# "hookctrl watch" beside the real firewalld 1.3 and docker, and a reload of nftables.service's rules, as in Debian 12:
# what they take out is back without a command, with real connections.
#
#   scripts/test-watch-neighbours.sh [NAME...]
#
# NAME is firewalld, docker or nftables; all of them without. Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it
# if missing. Needs root on Debian, as scripts/test-neighbours.sh does, whose root file system it shares. Prints a line
# a check, "ok" or "FAIL", and in the end "N passed, N failed"; exit code 1 if any failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

read -ra names <<<"${*:-firewalld docker nftables}"
binary=${HOOKAOT:-artifacts/linux-x64/hookaot}
root=${LAB_ROOTS:-/var/cache/hookaot-lab}/neighbours-bookworm
[ "$(id -u)" -eq 0 ] || { echo "test-watch-neighbours.sh: needs root, for namespaces" >&2; exit 1; }
scripts/install-packages.sh debootstrap iproute2 util-linux procps gcc libc6-dev || exit 1
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1
tests/lab/neighbour-root.sh bookworm "$root" || exit 1

log=$(mktemp -t hookaot-watch.XXXXXXXX)
trap 'rm -f "$log"' EXIT
for name in "${names[@]}"; do
  for backend in iptables nftables; do
    timeout -k 5 300 tests/lab/neighbour-host.sh "$root" "$binary" /lab/watch-story.sh "$name" iptables "$backend" \
      </dev/null 2>&1 | tee -a "$log"
    # A story whose last line is missing has not been told to its end.
    [ "$(tail -n 1 "$log")" = "# end" ] || echo "FAIL  the story of $name ended too early" | tee -a "$log"
  done
done

passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^FAIL ' "$log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
