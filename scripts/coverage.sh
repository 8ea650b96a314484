#!/bin/bash
# Measures how many lines of src/HookAot the tests of tests/HookAot.Tests run, in process and in the binary.
#
#   scripts/coverage.sh [--goal N] [FILTER]    exit code 1 where less than N % (90) are covered;
#                                              FILTER as for dotnet test: /*/*/TableTests/*
#   scripts/coverage.sh --report [--goal N]    once more what the last run has counted
#
# The repository is copied, and all of it happens there. Between the C# compiler and the one of Native AOT, counting is
# put before each statement of the product, so that the binary is the same static one in all else, as quick as ever.
# All processes count in one mapped file; one that is killed has counted too.
#
# A line is covered if each statement that begins in it has run. Left out are files that are generated (by .NET's JSON
# and P/Invoke generators), properties without code, and what the compiler adds to a record. The lines that are not
# covered are in artifacts/coverage/uncovered; ~ marks one of which a part has run. The tests' own words are in
# artifacts/coverage/tests.log. Needs root, as the tests do.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

work=$PWD/artifacts/coverage
copy=$work/copy goal=90 mode=run filter='/*/*/*/*'
while [ $# -gt 0 ]; do
  case $1 in
    --goal) goal=$2; shift ;;
    --report) mode=report ;;
    -*) echo "coverage.sh: unknown option $1" >&2; exit 2 ;;
    *) filter=$1 ;;
  esac
  shift
done

export COVERAGE_TOOL=$PWD/tests/HookAot.Coverage/bin/Release/net10.0/HookAot.Coverage.dll
product=$copy/src/HookAot/obj/Release/net10.0

# Both are built from the same text, so both have the same statements.
build() {
  dotnet build tests/HookAot.Coverage -c Release -nologo -clp:NoSummary || return 1
  rm -rf "$copy"
  mkdir -p "$copy/artifacts" artifacts/nft || return 1
  ln -s "$PWD/artifacts/nft" "$copy/artifacts/nft" # which the tests fetch, once
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy" || return 1
  cp tests/HookAot.Coverage/Counted/Directory.Build.targets "$copy" || return 1
  sed "s,@FILE@,$work/hits,; s,@SIZE@,$size," tests/HookAot.Coverage/Counted/Hits.cs >"$copy/src/HookAot/Hits.cs"
  cd "$copy" || return 1
  dotnet publish src/HookAot -c Release -r linux-x64 -o artifacts/linux-x64 -nologo -p:RunAnalyzers=false \
    -p:SourceRevisionId=counted || return 1
  dotnet build tests/HookAot.Tests -c Release -nologo -p:RunAnalyzers=false || return 1
  cmp "$product/hookaot.dll.statements" "$product/linux-x64/hookaot.dll.statements"
}

if [ $mode = run ]; then
  size=$((1 << 20))
  scripts/install-packages.sh clang lld zlib1g-dev || exit 1
  output=$(build 2>&1) || { echo "$output"; exit 1; }
  # Ordinary users run the binary too.
  rm -f "$work/hits"
  truncate -s $size "$work/hits"
  chmod 666 "$work/hits"
  (cd "$copy" && dotnet run --project tests/HookAot.Tests -c Release --no-build -- --treenode-filter "$filter") \
    >"$work/tests.log" 2>&1
  sed -n 's/\x1b\[[0-9;]*m//g; /^ *\(failed\|succeeded\)/p' "$work/tests.log"
fi
dotnet "$COVERAGE_TOOL" report \
  "$product/hookaot.dll.statements" "$work/hits" "$copy/src/HookAot" "$work/uncovered" "$goal"
