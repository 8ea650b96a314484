#!/bin/bash
# The published binary in a real libvirt, with real guests and real connections (tests/lab/libvirt-host.sh says what
# that is).
#
#   scripts/test-libvirt.sh [--only STORY[,STORY...]] [FLAVOUR [BACKEND]]
#   scripts/test-libvirt.sh --list [FLAVOUR [BACKEND]]
#
# FLAVOUR  bookworm (the default; libvirt 9.0), trixie (11.3) or testing (12)
# BACKEND  libvirt's: iptables (the default) or nftables, which bookworm does not have
#
# Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing. Needs root on Debian; installs missing Debian
# packages. Tells the stories of tests/lab/stories, each of which finds both guests forwarded and leaves them so; the
# first and the last are told in any case. Prints one line a check, "ok" or "FAIL", and in the end "N passed, N failed";
# exit code 1 if any failed. LAB_KEEP=1 leaves the state directory, with logs, for a look (the host itself always goes).
# LAB_RESULTS=FILE gets a line a story, for libvirt-table.sh. The lab's processes are all in namespaces of their own,
# which end with this script.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

only='' list=''
case ${1:-} in
  --only) only=$2; shift 2 ;;
  --list) list=yes; shift ;;
esac
flavour=${1:-bookworm} backend=${2:-iptables}
binary=${HOOKAOT:-artifacts/linux-x64/hookaot}
LAB_HOME=$(mktemp -d -t hookaot-lab.XXXXXXXX)
export LAB_HOME
lab() { timeout 180 tests/lab/libvirt-host.sh "$flavour" "$@"; }
finish() {
  [ ! -e "$LAB_HOME/other/pid" ] || there down
  lab down
  if [ -n "${LAB_KEEP:-}" ]; then echo "state: $LAB_HOME" >&2; else rm -rf "$LAB_HOME"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM

. tests/lab/checks.sh
for part in install paths guests networks daemon config others watch backends migration; do
  # shellcheck source=/dev/null # one of many
  . "tests/lab/stories/$part.sh"
done
if [ -n "$list" ]; then
  for name in "${stories[@]}"; do printf '%-10s %s\n' "$name" "${titles[$name]}"; done
  exit
fi
for name in ${only//,/ }; do
  [ -n "${titles[$name]:-}" ] || { echo "test-libvirt.sh: no story '$name'; --list has them" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { echo "test-libvirt.sh: needs root, for namespaces" >&2; exit 1; }
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1

results=$LAB_HOME/results
began=$SECONDS
timeout 900 tests/lab/libvirt-host.sh "$flavour" up "$backend" || { echo "0 passed, 1 failed"; exit 1; }
rules >"$LAB_HOME/rules.empty"
libvirt_tables >"$LAB_HOME/tables.empty"
libvirt=$(on_host libvirtd --version | sed 's/.* //')
printf 'host\t%s\t%s\t%s\n' "$flavour" "$backend" "$libvirt" >"$results"

tell install
for name in "${stories[@]}"; do
  case $name in install | uninstall) continue ;; esac
  [ -z "$only" ] || [[ ",$only," == *",$name,"* ]] || continue
  tell "$name"
  steady || mend
done
tell uninstall

[ -z "${LAB_RESULTS:-}" ] || cp "$results" "$LAB_RESULTS"
echo "# $flavour, libvirt $libvirt, $backend: $((SECONDS - began)) s"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
