#!/bin/bash
# Runs every test from a fresh clone; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

tools="shellcheck zsh fish groff-base strace acl attr tmux python3 ansible-core"
# shellcheck disable=SC2086 # a list of package names
scripts/install-packages.sh iproute2 iptables nftables procps kmod $tools || exit 1
. scripts/check.sh

check "the static binary builds" scripts/build.sh linux-x64
check "shellcheck" shellcheck -x install.sh scripts/*.sh scripts/packaging/*.sh scripts/recording/*.sh
check "shellcheck, the benchmark" shellcheck -S warning -e SC2154,SC2034 scripts/benchmark/*.sh
check "shellcheck, tests/lab" shellcheck tests/lab/*.sh tests/HookAot.Tests/Netns/*.sh
check "shellcheck, stories" shellcheck -S warning -e SC2154,SC2034 tests/lab/stories/*.sh
check "shellcheck, tests/release" shellcheck -S warning -e SC2154,SC2034 tests/release/*.sh
check "dotnet restore" dotnet restore HookAot.sln
check "dotnet format" dotnet format HookAot.sln --verify-no-changes --no-restore

check "the demo" scripts/demo.sh
check "the recording" scripts/record.sh --check

# The summary is coloured even in a pipe.
output=$(dotnet run --project tests/HookAot.Tests -c Release 2>&1 | sed 's/\x1b\[[0-9;]*m//g')
code=$?
echo "$output"
count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" <<<"$output" | tail -1; }
succeeded=$(count succeeded) broken=$(count failed)
passed=$((passed + ${succeeded:-0})) failed=$((failed + ${broken:-0}))
[ "$code" -eq 0 ] && [ "${succeeded:-0}" -gt 0 ] || [ "${broken:-0}" -gt 0 ] || failed=$((failed + 1))

# The others count by themselves.
suite() {
  local output code
  output=$("$@" 2>&1)
  code=$?
  echo "$output"
  if [[ $(tail -1 <<<"$output") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    echo "FAIL  $* ended with $code and without a result"
    failed=$((failed + 1))
  fi
}
suite scripts/test-release.sh
suite scripts/torture.sh --quick
suite scripts/test-systemd.sh
suite scripts/test-arm64.sh
suite scripts/test-arm64-machine.sh
suite scripts/verify-container-build.sh
# A machine on which these hosts cannot be made is a failure.
suite scripts/test-libvirt.sh bookworm iptables
suite scripts/test-libvirt.sh trixie nftables

total
