#!/bin/bash
# Lets everything fail that a hook depends on, and looks at what is left.
#
#   scripts/torture.sh [--quick | --minutes N | --hours N] [--only NAME] [--backend NAME] [--run WHOSE:WHAT:K]
#
# In the shape of SQLite's tests of faults: of a command that changes something, the k-th system call fails, for k = 1,
# 2, 3, ... up to a run in which nothing failed. Afterwards the rules in the kernel are the old ones or the new ones,
# commit by commit; so is config.json; a hook has ended with 0 and has said nothing; and the next event brings exactly
# what has to be there. tests/lab/fault.c lets the calls fail, with every error that its man page allows, and the
# signals SIGKILL and SIGTERM; of the command, of its runtime before Main, and of iptables-restore, nft and their like.
# ALL kills the command and its tools together.
#
#   the rest  hang: a tool that never answers. watch: "hookctrl watch" looks and repairs meanwhile. storm: 100 guests
#             at once. chaos: events, edits, flushes, kills in any order, beside a model of what must be there.
#
#   --quick   about 3 minutes; without, about 10. Of the runs a choice by lot, of every scenario; with --quick it is the
#             same choice every time, for CI
#   --hours   the same for longer; all of one scenario with one backend takes 4 to 15 minutes on two cores, and with an
#             hour or two and --only nothing of it is left to the lot
#   --only    one scenario, or hang, watch, storm, chaos; --list names them
#   --run     of one scenario one run, as a failure names it: own:EIO:17
#
# Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing. Needs root, for namespaces. The seed is printed,
# and taken from $SEED. A scenario with one backend counts as one test; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

hooks="start-first start-beside start-ipv6 stop stop-last network apply"
edits="port-add port-set port-remove machine-add machine-remove machine-rename network-add network-remove set undo \
import"
seconds=600 only="" backends="iptables nftables" run="" seed=${SEED:-}

# ---- in a namespace of its own: one worker

if [ "${1:-}" = inside ]; then
  # shellcheck disable=SC2034 # the parts of tests/lab use them
  role=$2 place=$3 workers=$4 seconds=$5 seed=$6 results=$7 binary=$8 fault=$9
  only=${10} backends=${11} run=${12}
  for part in world faults watch storm chaos; do
    # shellcheck source=/dev/null # tests/lab/torture-*.sh, which are looked at by themselves
    . "tests/lab/torture-$part.sh"
  done
  world_up "$binary" "$fault"
  "role_$role"
  exit
fi

while [ $# -gt 0 ]; do
  case $1 in
    --quick) seconds=150 seed=${seed:-1} ;;
    --minutes) seconds=$((${2:?} * 60)) && shift ;;
    --hours) seconds=$((${2:?} * 3600)) && shift ;;
    --only) only=${2:?} && shift ;;
    --backend) backends=${2:?} && shift ;;
    --run) run=${2:?} && shift ;;
    --list) tr " " "\n" <<<"$hooks $edits hang watch storm chaos" && exit ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
  shift
done
[ "$(id -u)" -eq 0 ] || { echo "torture.sh: needs root, for namespaces" >&2; exit 1; }
scripts/install-packages.sh iproute2 iptables nftables gcc libc6-dev || exit 1
binary=$(realpath -m "${HOOKAOT:-artifacts/linux-x64/hookaot}")
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1
iptables -V | grep -q nf_tables || { echo "torture.sh: iptables has to be the nf_tables variant" >&2; exit 1; }

work=$(mktemp -d -t hookaot-torture.XXXXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -Werror -o "$work/fault" tests/lab/fault.c || exit 1
cp "$binary" "$work/hookaot"
seed=${seed:-$RANDOM}
echo "seed $seed"

worker() { # ROLE PLACE WORKERS SECONDS
  unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash scripts/torture.sh inside "$1" "$2" "$3" "$4" "$seed" "$work/results.$1.$2" \
    "$work/hookaot" "$work/fault" "$only" "$backends" "$run" &
}

cores=$(nproc)
several() { # ROLE WORKERS SECONDS
  local place
  for ((place = 0; place < $2; place++)); do worker "$1" $place "$2" "$3"; done
}
# Who waits for time limits and pauses sleeps beside those who work.
everything() {
  local sleepers=()
  worker storm 0 1 0
  wait
  local left=$((seconds - SECONDS))
  several watch 4 $((left - 15))
  several hang 4 $((left - 50))
  mapfile -t sleepers < <(jobs -p)
  several faults "$cores" $((left * 7 / 10))
  for job in $(jobs -p); do [[ " ${sleepers[*]} " == *" $job "* ]] || wait "$job"; done
  several chaos "$cores" $((seconds - SECONDS))
  wait
}

SECONDS=0
case $only in
  "") everything ;;
  storm) worker storm 0 1 "$seconds" ;;
  chaos) if [ -n "$run" ]; then worker chaos 0 1 "$seconds"; else several chaos "$cores" "$seconds"; fi ;;
  watch) if [ -n "$run" ]; then worker watch 0 2 "$seconds"; else several watch 4 "$seconds"; fi ;;
  hang) several hang 4 "$seconds" ;;
  *) if [ -n "$run" ]; then worker faults 0 1 "$seconds"; else several faults "$cores" "$seconds"; fi ;;
esac
wait

# ---- what came of it

names() {
  local name backend
  for name in ${only:-$hooks $edits watch storm chaos hang}; do
    [ "$name" != hang ] || { echo hang; continue; }
    for backend in ${backends}; do echo "$name $backend"; done
  done
}
cat "$work"/results.* 2>/dev/null | awk -F'\t' -v names="$(names)" '
  $1 == "RUNS" {
    name = $2; sub(/,.*/, "", name)
    if ($3 > of[name]) of[name] = $3
    done[name] += $4; idle[name] += $5; bad[name] += $6; third[name] += $7; applied[name] += $8
  }
  $1 == "FAIL" { name = $2; sub(/,.*/, "", name); failures[name]++ }
  END {
    printf "%-26s %8s %8s %8s %8s %8s %8s\n", "", "possible", "runs", "hit", "third", "applied", "failed"
    n = split(names, each, "\n")
    for (i = 1; i <= n; i++) {
      name = each[i]
      if (bad[name] < failures[name]) bad[name] = failures[name]
      is_good = done[name] - idle[name] > 0 && !bad[name]
      if (is_good) passed++; else failed++
      printf "%-26s %8s %8d %8d %8d %8d %8d%s\n", name, of[name] ? of[name] : "-", done[name], done[name] - idle[name],
        third[name], applied[name], bad[name], is_good ? "" : "  FAIL"
      runs += done[name]
    }
    printf "%d runs\n%d passed, %d failed\n", runs, passed, failed
    exit failed > 0
  }'
