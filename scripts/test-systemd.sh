#!/bin/bash
# The service on systemds that run, those of Debian 12 and 13: installed by install.sh, .deb and .rpm; nftables.service
# and firewalld are reloaded, it is killed, it hangs; real connections have to arrive. As root; each systemd is the
# first process of namespaces of its own (tests/lab/systemd-boot.sh). The last line is "N passed, N failed".
#
#   SUITES   bookworm, trixie: which Debian
#   WAYS     install, deb, rpm: how it is installed; watchdog: by install.sh, and then it hangs
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh iproute2 util-linux gcc libc6-dev || exit 1
[ -x artifacts/linux-x64/hookaot ] || scripts/build.sh linux-x64 || exit 1

work=$(mktemp -d -t hookaot-systemd.XXXXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
RELEASE=$work/release
export RELEASE
mkdir "$RELEASE"
scripts/package.sh >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cp -r install.sh src/config.schema.json src/man src/service "$RELEASE"
cp artifacts/linux-x64/hookaot "$RELEASE/hookaot-linux-x64"
cp dist/*_amd64.deb "$RELEASE/hookaot.deb"
cp dist/*.x86_64.rpm "$RELEASE/hookaot.rpm"

tell() { # SUITE WAY
  local log=$work/$1-$2
  timeout -k 5 240 tests/lab/neighbour-host.sh "artifacts/roots/$1-systemd" artifacts/linux-x64/hookaot \
    /lab/systemd-boot.sh /lab/systemd-story.sh "$2" </dev/null >"$log" 2>&1
  # A story whose last line is missing has not been told to its end.
  [ "$(tail -n 1 "$log")" = "# end" ] || echo "FAIL  the story of $2 on $1 ended too early" >>"$log"
  sed '/^# end$/d' "$log" | tee -a "$work/all"
}
for suite in ${SUITES:-bookworm trixie}; do
  scripts/debian-root.sh "$suite-systemd" || exit 1
done
# The watchdog's stories wait for two minutes: beside the others, which are told one after the other.
for suite in ${SUITES:-bookworm trixie}; do
  for way in ${WAYS:-watchdog install deb rpm}; do
    if [ "$way" = watchdog ]; then tell "$suite" "$way" & else tell "$suite" "$way"; fi
  done
done
wait

passed=$(grep -c '^ok ' "$work/all")
failed=$(grep -c '^FAIL ' "$work/all")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
