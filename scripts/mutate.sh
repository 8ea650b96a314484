#!/bin/bash
# Breaks src/HookAot/Rules and src/HookAot/Backends, a change at a time, and says which changes the tests notice.
#
#   scripts/mutate.sh [--sample N] [--seed N] [--seconds N]    N changes (250) of all that are
#                                                              possible, as the seed says
#   scripts/mutate.sh --self-test                              the code as it is passes, and a gross change is noticed
#
# A change: a condition negated, a comparison or an operator swapped, a statement or a call left away, another constant
# or string, First for Last and Any for All, an empty collection. Each is compiled in memory, and the tests that need
# neither root nor a tool run beside it in this process; the first that fails has noticed it. A change that makes a test
# run for more than 30 s, or ends the process, counts as noticed. With --seconds the run ends earlier, with exit code 4,
# and the same call goes on with it. Everything is in artifacts/mutate/results.tsv; tests/mutation-survivors.md has the
# survivors that are no gap, and why.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/check.sh

work=artifacts/mutate
sample=250 seed=1 seconds=100000 mode=run
while [ $# -gt 0 ]; do
  case $1 in
    --sample) sample=$2; shift ;;
    --seed) seed=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --self-test) mode=self-test ;;
    *) echo "mutate.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

# The arguments of the compiler, as the build would call it, and what its source generators write.
build() {
  local generated="$PWD/$work/generated"
  dotnet build tests/HookAot.Tests -nologo -clp:NoSummary || return 1
  dotnet build tests/HookAot.Mutate -c Release -nologo -clp:NoSummary || return 1
  mkdir -p "$work"
  rm -rf "$work/tests" "$generated"
  cp -r tests/HookAot.Tests/bin/Debug/net10.0 "$work/tests" || return 1
  dotnet build src/HookAot -nologo -clp:NoSummary -p:EmitCompilerGeneratedFiles=true \
    "-p:CompilerGeneratedFilesOutputPath=$generated" -t:Rebuild || return 1
  dotnet msbuild src/HookAot -nologo -t:Compile -p:ProvideCommandLineArgs=true -p:SkipCompilerExecution=true \
    -p:NonExistentFile=always -getItem:CscCommandLineArgs >"$work/arguments.json"
  grep -q '/reference:' "$work/arguments.json"
}
output=$(build 2>&1) || { echo "$output"; exit 1; }

# A change that ended the process has left its line, and the next process goes on. Code 9: a test ran for too long.
mutate() { # SAMPLE SECONDS [ID]
  local code result
  rm -f "$work/current"
  while :; do
    DOTNET_GCHeapHardLimit=0x60000000 dotnet tests/HookAot.Mutate/bin/Release/net10.0/HookAot.Mutate.dll \
      "$work" "$1" "$seed" "$2" "${@:3}" >"$work/log"
    code=$?
    if [ $code -eq 0 ] || [ $code -eq 4 ]; then return $code; fi
    [ -f "$work/current" ] || { cat "$work/log"; return 1; }
    [ $code -eq 9 ] && result="timed out" || result=died
    awk -F '\t' -v OFS='\t' -v result="$result" '{ $2 = result; print }' "$work/current" >>"$work/results.tsv"
    rm -f "$work/current"
  done
}
count() { awk -F '\t' -v result="$1" '$2 == result { n++ } END { print n + 0 }' "$work/results.tsv"; }

if [ $mode = self-test ]; then
  # No run goes on with what this one has tried.
  rm -f "$work/results.tsv" "$work/key"
  check "the code as it is is compiled and passes" mutate 0 100 -1
  check "nothing is noticed where nothing is changed" grep -qP '^-1\tsurvived\t' "$work/results.tsv"
  # Whatever the seed, of twenty changes the tests notice some.
  check "twenty changes are tried" mutate 20 200
  check "some of them are noticed" grep -qP '\tnoticed\t' "$work/results.tsv"
  total
  exit
fi

# Another seed, or other code, has other changes, and other tests notice others.
everything() { find src/HookAot tests/HookAot.Tests -name obj -prune -o -name bin -prune -o -type f -print0; }
key="$seed $(everything | sort -z | xargs -0 cat | sha256sum)"
[ "$key" = "$(cat "$work/key" 2>/dev/null)" ] || rm -f "$work/results.tsv"
echo "$key" >"$work/key"
mutate "$sample" $((seconds - SECONDS))
code=$?
[ $code -eq 0 ] || [ $code -eq 4 ] || exit 1
grep -v '^  ' "$work/log"
[ -f "$work/results.tsv" ] || exit $code
awk -F '\t' '$2 == "survived" { printf "survived  %s  %s\n", $3, $4 }' "$work/results.tsv" | sort -V
noticed=$(($(count noticed) + $(count "timed out") + $(count died)))
survived=$(count survived)
echo "$(wc -l <"$work/results.tsv") changes: $(count noticed) noticed, $(count "timed out") timed out," \
  "$(count died) ended the process, $survived survived, $(count 'did not compile') did not compile:" \
  "$((100 * noticed / (noticed + survived > 0 ? noticed + survived : 1))) % of those that compile are noticed"
exit $code
