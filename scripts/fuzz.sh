#!/bin/bash
# Fuzzes what reads input of others: each target runs with ever new inputs, of which those are kept that reach code that
# none before has reached (SharpFuzz counts the branches), and what has to hold is asked of each.
#
#   scripts/fuzz.sh [TARGET...] [--seconds N] [--jobs N] [--seed N]    N seconds each (10), N targets at once (1)
#   scripts/fuzz.sh --list                                             the targets
#   scripts/fuzz.sh --self-test                                        a mistake that is there on purpose is found
#   scripts/fuzz.sh --minimise [TARGET...]                             what was kept becomes the corpus of the tests
#   scripts/fuzz.sh --one TARGET FILE                                  one input, with what it breaks
#
# What a target is, and what has to hold, is in tests/HookAot.Tests/Fuzz. It begins with the data of the tests. Inputs
# are kept in artifacts/fuzz/TARGET/corpus from one run to the next, and what breaks something in
# artifacts/fuzz/TARGET/crashers, with the reason beside it: give it a test of its own. Needs root for the target
# netlink, which joins a group of the kernel's messages.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/check.sh

work=artifacts/fuzz
seconds=10 jobs=1 seed=$(date +%s) mode=run targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --jobs) jobs=$2; shift ;;
    --seed) seed=$2; shift ;;
    --list | --self-test | --minimise) mode=${1#--} ;;
    --one) mode=one ;;
    -*) echo "fuzz.sh: unknown option $1" >&2; exit 2 ;;
    *) targets+=("$1") ;;
  esac
  shift
done

# The code of the product counts its branches in this copy only.
build() {
  dotnet build tests/HookAot.Fuzz -c Release -nologo -clp:NoSummary || return 1
  mkdir -p "$work"
  rm -rf artifacts/fuzz/bin
  cp -r tests/HookAot.Fuzz/bin/Release/net10.0 "$work/bin" || return 1
  dotnet "$work/bin/HookAot.Fuzz.dll" instrument "$work/bin/hookaot.dll"
}
output=$(build 2>&1) || { echo "$output"; exit 1; }
fuzz() { dotnet "$work/bin/HookAot.Fuzz.dll" "$@"; }

# One that dies has left the input that it died of.
run() { # TARGET
  fuzz run "$1" "$work" "$seconds" "$seed"
  local code=$?
  [ $code -eq 0 ] && return
  echo "$1" >>"$work/failed"
  [ $code -eq 1 ] && return
  fuzz left "$work/$1/current" >"$work/$1/crashers/died-$seed"
  echo "CRASH $1: the process died, of $work/$1/crashers/died-$seed"
}

case $mode in
  list) fuzz list; exit ;;
  one) fuzz one "${targets[@]}"; exit ;;
esac
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(fuzz list)

case $mode in
  minimise)
    for target in "${targets[@]}"; do fuzz minimise "$target" "$work" || exit 1; done
    ;;
  self-test)
    # In no input of the beginning: what does not find this finds nothing. It takes one word, and mostly 5 s.
    finds() { run planted >"$work/planted.log"; grep '^CRASH planted: BrokenPromise' "$work/planted.log"; }
    [ "$seconds" -gt 30 ] || seconds=30
    rm -rf "$work/planted"
    check "a mistake that is there on purpose is found within $seconds s" finds
    total
    ;;
  run)
    rm -f "$work/executions" "$work/failed"
    touch "$work/executions" "$work/failed"
    export -f run fuzz
    export work seconds seed
    printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I TARGET bash -c 'run TARGET'
    awk '{ sum += $2 } END { printf "%d executions of %d targets\n", sum, NR }' "$work/executions"
    failed=$(sort -u "$work/failed" | wc -l)
    passed=$((${#targets[@]} - failed))
    total
    ;;
esac
