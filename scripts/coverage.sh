#!/bin/bash
# Which lines of src/HookAot the tests run through, in per cent for each floor.
#
#   scripts/coverage.sh [OPTION...]    the options are those of the tests, such as --treenode-filter
#
# Counted is what runs in the tests' own process: Model, Config, Rules and Backends, and what of Host the tests call.
# Tests of the published binary run another process, which counts nothing, so that Applets and most of Host show less
# than is tested. The lines are in artifacts/coverage/coverage.xml, in Cobertura's form.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

work=$PWD/artifacts/coverage
mkdir -p "$work"
output=$(dotnet build tests/HookAot.Tests -nologo -clp:NoSummary 2>&1) || { echo "$output"; exit 1; }
dotnet tests/HookAot.Tests/bin/Debug/net10.0/HookAot.Tests.dll --coverage --coverage-output-format cobertura \
  --coverage-output "$work/coverage.xml" --results-directory "$work" "$@" >"$work/log" 2>&1
code=$?
sed -n '/^Test run summary/,$p' "$work/log"
[ -f "$work/coverage.xml" ] || { tail -20 "$work/log"; exit 1; }

# A line may be in several methods, of which one that ran is enough.
awk -F '"' '
  /<class / {
    file = ""
    for (i = 1; i < NF; i++) if ($i ~ / filename=$/) file = $(i + 1)
    floor = file ~ /src\/HookAot\// ? file : ""
    sub(/.*src\/HookAot\//, "", floor)
    sub(/\/.*/, "", floor)
    if (file ~ /\/obj\// || floor ~ /\.cs$/) floor = ""
  }
  /<line / && floor != "" {
    key = file SUBSEP $2
    if (!(key in floors)) lines[floor]++
    floors[key] = floor
    if ($4 > 0 && !(key in hit)) { hit[key] = 1; hits[floor]++ }
  }
  END {
    n = split("Model Config Rules Backends Host Applets", names, " ")
    for (i = 1; i <= n; i++) {
      name = names[i]
      all += lines[name]
      allHits += hits[name]
      if (lines[name]) printf "%-9s %5.1f %% of %5d lines\n", name, 100 * hits[name] / lines[name], lines[name]
    }
    if (all) printf "%-9s %5.1f %% of %5d lines\n", "all", 100 * allHits / all, all
  }' "$work/coverage.xml"
exit $code
