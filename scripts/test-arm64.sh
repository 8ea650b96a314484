#!/bin/bash
# Builds the arm64 binary and runs it under qemu-user, in a network namespace of its own: config, hook events, hookctrl.
# As root. iptables is this machine's own: what the kernel is asked for does not depend on who asks. qemu-user knows no
# netlink of netfilter: what needs it is in test-arm64-machine.sh. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh qemu-user-static iptables file || exit 1
. scripts/check.sh
if [ -z "${HOOKAOT_NETNS:-}" ]; then
  scripts/build.sh linux-arm64 || exit 1
  HOOKAOT_NETNS=1 exec unshare -n "$0"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CONFIG_FILENAME=$work/config.json HOOKAOT_RUN_DIR=$work/run
export HOOKAOT_LIBVIRT_RUN=$work/libvirt HOOKAOT_LOG_SOCKET=$work/log HOOKAOT_HOOKS_DIR=$work/hooks
binary=artifacts/linux-arm64/hookaot
mkdir "$work/hooks" && ln -s "$PWD/$binary" "$work/hooks/qemu" # status looks whether libvirt finds the hook
echo 1 >/proc/sys/net/ipv4/ip_forward
run() { qemu-aarch64-static -0 "$@"; }
hookctrl() { run hookctrl $binary "$@"; }
hook() { echo "<domain><name>web</name></domain>" | run /etc/libvirt/hooks/qemu $binary "$@"; } # as libvirt calls it
rules() { iptables-save | grep -- "--comment web -j DNAT --to-destination 192.168.122.2:80"; }
is_arm64() { file -L $binary | grep "ARM aarch64" | grep -q -E "statically linked|static-pie linked"; }
no_rules() { ! iptables-save | grep HOOKAOT; }
refuses() { # WORDS COMMAND...: the command fails with these words
  local words=$1 output
  shift
  output=$("$@" 2>&1) && return 1
  grep -q -- "$words" <<<"$output"
}

check "it is a static arm64 binary" is_arm64
check "version" run hookaot $binary version
check "machine add" hookctrl machine add web --private-ip 192.168.122.2
check "port add" hookctrl port add web 8080:80 5060/udp
check "a port that is taken" refuses "8080:80/tcp already" hookctrl port add web 8080:81
check "check" hookctrl check
check "hook start" hook web start begin -
check "its rules" rules
check "status" hookctrl status
check "apply" hookctrl apply
check "hook stopped" hook web stopped end -
check "no rules" no_rules
echo '{ "machines": { "web": { "private_ip": "nonsense" } } }' >"$CONFIG_FILENAME"
check "a mistake in the config, with its place" refuses "config.json:1:40: error: found \"nonsense\"" hookctrl check

total
