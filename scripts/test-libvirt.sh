#!/bin/bash
# The published binary in a real libvirt, with real guests and real connections (tests/lab/libvirt-host.sh says what
# that is).
#
#   scripts/test-libvirt.sh [bookworm|trixie] [iptables|nftables]
#
# Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing. Needs root on Debian; installs missing Debian
# packages. Prints one line a check, "ok" or "FAIL", and in the end "N passed, N failed"; exit code 1 if any failed.
# About two minutes. LAB_KEEP=1 leaves the state directory, with logs, for a look (the host itself always goes). The
# lab's processes are all in namespaces of their own, which end with this script. E2E_BRNF=0 leaves out the part with
# br_netfilter.
# shellcheck disable=SC2016 # single quotes: text for the shell of the host or of a guest
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

flavour=${1:-bookworm} backend=${2:-}
binary=${HOOKAOT:-artifacts/linux-x64/hookaot}
[ "$(id -u)" -eq 0 ] || { echo "test-libvirt.sh: needs root, for namespaces" >&2; exit 1; }
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1

LAB_HOME=$(mktemp -d -t hookaot-lab.XXXXXXXX)
export LAB_HOME
lab() { tests/lab/libvirt-host.sh "$flavour" "$@"; }
finish() {
  lab down
  if [ -n "${LAB_KEEP:-}" ]; then echo "state: $LAB_HOME" >&2; else rm -rf "$LAB_HOME"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM

public=192.168.0.166 other_public=192.168.0.167 # the host's
outside=192.168.0.50 internet=198.51.100.7      # the client's
test=192.168.122.2 box=192.168.122.4            # the VM's and the container's

# ---- checks

passed=0 failed=0
section() { echo "# $*"; }
result() {   # the exit code so far, the text, what was seen
  if [ "$1" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok    $2"
  else
    failed=$((failed + 1))
    echo "FAIL  $2: ${3//$'\n'/ | }"
  fi
}
# check TEXT PATTERN COMMAND...    COMMAND ends with 0 and prints a line that matches PATTERN
check() {
  local text=$1 pattern=$2 seen code=0
  shift 2
  seen=$("$@" 2>&1) || code=$?
  grep -Eq -- "$pattern" <<<"$seen" || code=1
  result "$code" "$text" "$seen"
}
# refused TEXT COMMAND...    COMMAND is a probe that cannot connect; a probe that could not run at all is no proof
refused() {
  local text=$1 seen code=0
  shift
  seen=$("$@" 2>&1)
  [[ $seen == FAIL\ * ]] || code=1
  result "$code" "$text" "$seen"
}

from_outside() { lab client probe "$@"; }
outside_as() { # SOURCE PROBE...
  local source=$1
  shift
  PROBE_FROM=$source lab client probe "$@"
}
from_host() { lab exec /lab/probe "$@"; }
from_veth() { lab vguest probe "$@"; }
from_guest() { local address=$1; shift; lab guest "$address" "probe $*"; }
on_host() { lab exec "$@"; }
shell() { lab exec sh -c "$@"; }

# What a packet meets, without counters, comments and tables or chains in which there is nothing. Each line begins with
# its table, which is held from the line "*TABLE" on.
rules() {
  on_host iptables-save | sed -nE '
    /^\*/ { s/^\*(.*)/\1/; h }
    s/ \[[0-9]+:[0-9]+\]//
    /^(-A|:[^ ]+ (-|DROP))/ { G; s/(.*)\n(.*)/\2 \1/; p }'
}
# The processes that run a binary of the hooks' directory.
left_running() {
  shell '
    for process in /proc/[0-9]*; do
      case $(readlink "$process/exe") in */hooks/*) cat "$process/cmdline" ;; esac
    done
    echo none'
}
# The rules, chains and tables that have our name, in either kind of ruleset.
ours_left() {
  shell '
    { iptables-save; if command -v nft >/dev/null; then nft list ruleset; fi; } 2>/dev/null |
      grep -i hookaot || echo none'
}
# await_events PATTERN...    after `mark`, until the recorder has a line for each PATTERN: the hook under test is
# through with them
mark() { events_before=$(lab events | wc -l); }
await_events() {
  local pattern i
  for pattern in "$@"; do
    for ((i = 0; i < 150; i++)); do
      lab events | tail -n "+$((events_before + 1))" | grep -q -- "^$pattern" && continue 2
      sleep .1
    done
    echo "no event: $pattern"
    return 1
  done
}
# The daemon restarts and has taken up again the guests that run: the hook has seen them.
restart() {
  local wanted=("network default port-created") guest
  for guest in "$@"; do wanted+=("$guest reconnect"); done
  mark
  lab restart && await_events "${wanted[@]}"
}
# what the hook logged after a snapshot of the log
log_since() { lab syslog | tail -n "+$(($(wc -l <"$1") + 1))" | grep libvirt-hook-; }
running() { on_host virsh -q -c "$1:///system" domstate "$2"; }
lives() {
  check "$1: the VM lives" '^running' running qemu test
  check "$1: the container lives" '^running' running lxc box
}
# The forwards that every situation must leave working.
forwards() {
  check "$1: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "$1: outside, UDP" "OK udp test 53 peer $outside:" from_outside udp $public 5353
  check "$1: outside, TCP, to the container" "OK tcp box 22 peer $outside:" from_outside tcp $public 2224
  check "$1: host to its own public address" 'OK tcp test 22' from_host tcp $public 2222
  check "$1: guest to itself (hairpin)" 'OK tcp test 22' from_guest 2 tcp $public 2222
  check "$1: container to itself (hairpin)" 'OK tcp box 22' from_guest 4 tcp $public 2224
  check "$1: container to the VM" 'OK tcp test 22' from_guest 4 tcp $public 2222
  check "$1: neighbour guest to the VM" 'OK tcp test 22' from_veth tcp $public 2222
}
# What must stay shut.
shut() {
  local past="a neighbour with a route does not reach the VM's forwarded port past the forward"
  refused "$1: $past" from_outside tcp $test 22 1
  refused "$1: nor any other port of it" from_outside tcp $test 8080 1
  refused "$1: nor UDP" from_outside udp $test 7 1
  refused "$1: nor the container" from_outside tcp $box 22 1
  refused "$1: a public port that no entry names is not forwarded" from_outside tcp $public 8080 1
}

# ---- config

hooks=/etc/libvirt/hooks
write_config() { on_host sh -c "cat >$hooks/config.json"; }
good_config() {
  write_config <<JSON
{
    // written by an administrator
    "debug": true,
    "machines": {
        "test": {
            "private_ip": "$test",
            "port_map": [
                ["2222", "22"], [8002, 80],
                {"public": 5353, "vm": 53, "protocol": "udp"},
                {"public": "9007", "vm": "7", "protocol": "tcp+udp"},
                {"public": "9100-9101", "vm": "9000-9001"},
                {"public": "9200-9201", "vm": "9000-9001"},
                {"public": 9000, "vm": 9000},
                {"public": 2299, "vm": 22, "source": ["198.51.100.0/24"]}
            ]
        },
        /* a container */
        "box": { "private_ip": "$box", "port_map": [["2224", "22"]] }
    },${1:-}
    "public_ip": "$public"
}
JSON
}

# ---- the test

lab up "$backend" || exit 1
rules >"$LAB_HOME/rules.empty"

section "installed into a running libvirt, which install.sh tells by SIGHUP"
tar -c install.sh src/config.schema.json src/man -C "$(dirname "$binary")" hookaot | on_host sh -ec '
  mkdir -p /tmp/release "$0"
  cd /tmp/release
  tar -x
  ./install.sh' "$hooks"
good_config
lab record
sleep 1   # a SIGHUP has no event of its own to wait for before any hook is known
lab vm test 2 &
lab container box 4 &
wait

section "both guests started at once"
lives start
forwards start
shut start
check "outside, HTTP" 'hello from test' lab client probe http $public 8002 /
check "outside, TCP of tcp+udp" 'OK tcp test 7 ' from_outside tcp $public 9007
check "outside, UDP of tcp+udp" 'OK udp test 7 ' from_outside udp $public 9007
check "shifted range, first" 'OK tcp test 9000 ' from_outside tcp $public 9100
check "shifted range, last" 'OK tcp test 9001 ' from_outside tcp $public 9101
check "a second range to the same ports" 'OK tcp test 9001 ' from_outside tcp $public 9201
check "same port on both sides" 'OK tcp test 9000 ' from_outside tcp $public 9000
refused "past the end of a range" from_outside tcp $public 9102 1
check "allowed source" "OK tcp test 22 peer $internet:" outside_as $internet tcp $public 2299
refused "source that is not allowed" from_outside tcp $public 2299 1
refused "the host's other address is not the public one" from_outside tcp $other_public 2222 1
check "host's UDP to its own public address" 'OK udp test 53' from_host udp $public 5353
check "guest's UDP to itself" 'OK udp test 53' from_guest 2 udp $public 5353
check "neighbour guest's UDP to the VM" 'OK udp test 53' from_veth udp $public 5353
check "a guest's own traffic to that port elsewhere is left alone" 'OK tcp client 2222' from_guest 2 tcp $internet 2222
check "the same from the neighbour guest" 'OK tcp client 2222' from_veth tcp $internet 2222
refused "127.0.0.1 is not forwarded unless asked for" from_host tcp 127.0.0.1 2222 1
check "route_localnet stays off" '^0$' on_host cat /proc/sys/net/ipv4/conf/virbr0/route_localnet
check "nothing of the hook is left running" '^none$' left_running
lab syslog >"$LAB_HOME/log/syslog.start"
check "the hook says so in syslog" "test" grep -E "libvirt-hook-(qemu|lxc)\\[[0-9]+\\]" "$LAB_HOME/log/syslog.start"

section "a second converge changes nothing"
rules >"$LAB_HOME/rules.steady"
check "the rules are there" "nat -A HOOKAOT" cat "$LAB_HOME/rules.steady"
check "hookctrl apply" '' on_host hookctrl apply
rules >"$LAB_HOME/rules.again"
check "the same rules" '' diff "$LAB_HOME/rules.steady" "$LAB_HOME/rules.again"

section "SIGHUP and daemon restart, good config"
lab reload
sleep 1
lives SIGHUP
forwards SIGHUP
check "restart: the daemon and its guests are back" '' restart "qemu test" "lxc box"
lives restart
forwards restart
shut restart
rules >"$LAB_HOME/rules.again"
grep HOOKAOT "$LAB_HOME/rules.steady" >"$LAB_HOME/ours.steady"
grep HOOKAOT "$LAB_HOME/rules.again" >"$LAB_HOME/ours.again"
check "restart: the hook's rules are the same" '' diff "$LAB_HOME/ours.steady" "$LAB_HOME/ours.again"

section "SIGHUP and daemon restart, broken config"
write_config <<<'{ "machines": { "test": { "private_ip": '
lab reload
sleep 1
lives "broken, SIGHUP"
forwards "broken, SIGHUP"
check "broken, restart: the daemon and its guests are back" '' restart "qemu test" "lxc box"
lives "broken, restart"
forwards "broken, restart"
check "broken: the log names the file" "config\\.json" log_since "$LAB_HOME/log/syslog.start"
check "broken: hookctrl check refuses it" 'refused' shell 'hookctrl check >&2 || echo refused'
on_host virsh -q -c lxc:///system destroy box
check "broken: a guest starts nevertheless" '' lab container box 4
forwards "broken, guest started"
good_config

section "strict"
good_config '
    "strict": true,'
restart "qemu test" "lxc box" >/dev/null
on_host virsh -q -c lxc:///system destroy box
write_config <<<'{ "strict": true, "machines": {{'
check "strict, broken: a guest is refused" 'refused' shell 'virsh -q -c lxc:///system start box >&2 || echo refused'
check "strict, broken: restart" '' restart "qemu test"
check "strict, broken: the running VM lives" '^running' running qemu test
good_config
check "strict no more: the guest starts" '' lab container box 4
forwards "strict no more"

section "rules lost"
on_host iptables -t nat -F PREROUTING
refused "a flush takes the forward away (a check of this test)" from_outside tcp $public 2222 1
on_host virsh -q -c lxc:///system destroy box
lab container box 4
forwards "nat flushed, another guest's event"
shell 'for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done'
refused "everything flushed (a check of this test)" from_outside tcp $public 2222 1
check "everything flushed: restart" '' restart "qemu test" "lxc box"
forwards "everything flushed, restart"
shut "everything flushed, restart"
shell 'iptables -F FORWARD; iptables -t nat -F'
check "flushed: hookctrl apply" '' on_host hookctrl apply
check "flushed, apply: outside, TCP" 'OK tcp test 22' from_outside tcp $public 2222
restart "qemu test" "lxc box" >/dev/null

section "FORWARD policy DROP, as docker and ufw leave it"
on_host iptables -P FORWARD DROP
forwards DROP
shut DROP
on_host iptables -P FORWARD ACCEPT

section "networks: everything that is translated or routed to the range is accepted while the network is active"
good_config '
    "networks": { "default": "192.168.122.0/24" },'
check "networks: restart" '' restart "qemu test" "lxc box"
forwards networks
check "networks: a neighbour with a route reaches any port" 'OK tcp test 8080' from_outside tcp $test 8080
good_config
check "networks, gone: restart" '' restart "qemu test" "lxc box"
shut "networks, gone"

section "net-update, net-destroy and net-start under running guests"
mark
on_host virsh -q net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:02' ip='$test'/>" --live >/dev/null
check "net-update: hook" '' await_events 'network default updated'
forwards net-update
mark
on_host virsh -q net-destroy default >/dev/null
on_host virsh -q net-start default >/dev/null
check "net-start: hook" '' await_events 'network default started'
lab attach
# libvirt puts the guests back into the new bridge only when it restarts
check "net-start: restart" '' restart "qemu test" "lxc box"
lab await 2   # the new bridge learns for some seconds (STP)
lab await 4
lives net-start
forwards net-start
shut net-start

section "an address from libvirt's reservation"
on_host virsh -q net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:02' ip='$test'/>" --live >/dev/null 2>&1
write_config <<JSON
{ "machines": { "test": { "port_map": [[2222, 22]] } }, "public_ip": "" }
JSON
check "no private_ip: restart" '' restart "qemu test" "lxc box"
check "no private_ip: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
check "public_ip \"\": the host's other address as well" 'OK tcp test 22' from_outside tcp $other_public 2222
refused "the container's entry is gone, and so is its forward" from_outside tcp $public 2224 1
good_config

section "hookctrl, while guests run"
restart "qemu test" "lxc box" >/dev/null
check "hookctrl port add" '' on_host hookctrl port add test 2223:8080
check "the new forward works at once" 'OK tcp test 8080' from_outside tcp $public 2223
check "the administrator's comment is still there" 'written by an administrator' on_host cat $hooks/config.json
check "hookctrl port remove" '' on_host hookctrl port remove test 2223:8080
refused "and ends at once" from_outside tcp $public 2223 1
forwards hookctrl
check "hookctrl status finds no drift" 'test .* active' on_host hookctrl status
check "hookctrl doctor finds nothing" 'nothing on this host stops it' on_host hookctrl doctor test
on_host iptables -t nat -F HOOKAOT-DNAT
check "hookctrl doctor names what is wrong" 'do: hookctrl apply' shell 'hookctrl doctor test; [ $? -eq 1 ]'
shell 'rm -r /run/hookaot; iptables -t nat -F; iptables -t nat -X'
check "hookctrl apply without a record finds the guests" '[+] test: .*2222/tcp' on_host hookctrl apply
forwards "without a record"
restart "qemu test" "lxc box" >/dev/null

if [ "${E2E_BRNF:-1}" = 1 ] && on_host test -e /proc/sys/net/bridge/bridge-nf-call-iptables; then
  section "br_netfilter"
  on_host sysctl -qw net.bridge.bridge-nf-call-iptables=1
  shell 'for p in /sys/class/net/*/brport/hairpin_mode; do echo 0 >"$p"; done'
  refused "without hairpin mode, no hairpin (a check of this test)" from_guest 2 tcp $public 2222 1
  check "br_netfilter: restart" '' restart "qemu test" "lxc box"
  forwards br_netfilter
  shut br_netfilter
  on_host virsh -q -c lxc:///system destroy box
  on_host virsh -q destroy test
  lab vm test 2 &
  lab container box 4 &
  wait
  forwards "br_netfilter, guests started"
  on_host sysctl -qw net.bridge.bridge-nf-call-iptables=0
fi

section "guests that stop"
on_host virsh -q -c lxc:///system destroy box
refused "stopped container: not forwarded" from_outside tcp $public 2224 1
check "the VM's forward stays" 'OK tcp test 22' from_outside tcp $public 2222
lab stop
shell 'kill -9 "$(cat /run/libvirt/qemu/test.pid)"'
mark
lab start
check "VM that died while the daemon was down: hook" '' await_events 'qemu test release'
refused "died VM: TCP is not forwarded" from_outside tcp $public 2222 1
refused "died VM: UDP is not forwarded" from_outside udp $public 5353 1
check "no HOOKAOT rule, chain or table is left" '^none$' ours_left
rules >"$LAB_HOME/rules.after"
check "the iptables rules are those from before" '' diff "$LAB_HOME/rules.empty" "$LAB_HOME/rules.after"
check "nothing of the hook is left running" '^none$' left_running

section "a UDP flow that is older than the guest"
refused "before the guest" outside_as $outside:40000 udp $public 5353 1
lab vm test 2
check "a new flow reaches the guest" "OK udp test 53" from_outside udp $public 5353
check "the same flow reaches the guest" 'OK udp test 53' outside_as $outside:40000 udp $public 5353

section "uninstalled while a guest runs"
check "install.sh --uninstall" 'is kept' on_host sh -c 'cd /tmp/release && ./install.sh --uninstall'
refused "its forward is gone" from_outside tcp $public 2222 1
# Told by SIGHUP, libvirt puts its own rules in anew.
for _ in {1..20}; do
  rules >"$LAB_HOME/rules.uninstalled"
  ! cmp -s "$LAB_HOME/rules.empty" "$LAB_HOME/rules.uninstalled" || break
  sleep .2
done
check "the iptables rules are those from before" '' diff "$LAB_HOME/rules.empty" "$LAB_HOME/rules.uninstalled"
check "only the config is left" '^config.json$' shell "ls $hooks | grep -v '[.]d$' | tr '\\n' ' ' | sed 's/ $//'"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
