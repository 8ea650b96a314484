#!/bin/bash
# Shows the hook at work: a LAN, a host and two NAT guests in network namespaces, the events that libvirt fires, real
# connections.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1-}" != inside ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "demo.sh: needs root, for network namespaces: sudo scripts/demo.sh" >&2
    exit 2
  fi
  scripts/install-packages.sh iproute2 iptables socat
  [ -x artifacts/linux-x64/hookaot ] || scripts/build.sh
  # Everything below is in namespaces of its own, /run included: the kernel clears it all away, however this ends.
  unshare --net --mount --pid --fork --kill-child scripts/demo.sh inside &
  world=$!
  trap 'kill -KILL $world 2>/dev/null; exit 130' INT TERM
  wait $world
  exit
fi
trap 'exit 130' INT TERM # process 1 of a pid namespace has no default action for a signal

bold='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# ---- the world: 192.168.0.0/24 with two clients, the host, and libvirt's default network behind it

mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys # the one that shows this namespace's bridges
in_ns() { ip netns exec "$@"; }
# A cable from a port of a bridge in this namespace to eth0 elsewhere: plug NAMESPACE ADDRESS PORT BRIDGE
plug() {
  ip netns add "$1"
  ip link add "$3" type veth peer name eth0 netns "$1"
  ip link set "$3" master "$4" up
  ip -n "$1" addr add "$2" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" link set lo up
}
ip link set lo up
ip link add lan type bridge
ip addr add 192.168.0.166/24 dev lan
ip link add virbr0 type bridge
ip addr add 192.168.122.1/24 dev virbr0
ip link set lan up
ip link set virbr0 up
plug outside 192.168.0.50/24 lan0 lan
plug neighbour 192.168.0.51/24 lan1 lan
plug guest-a 192.168.122.2/24 vnet0 virbr0
plug guest-b 192.168.122.3/24 vnet1 virbr0
ip -n neighbour route add 192.168.122.0/24 via 192.168.0.166
for guest in guest-a guest-b; do ip -n $guest route add default via 192.168.122.1; done

# What libvirt does when it starts a NAT network.
echo 1 >/proc/sys/net/ipv4/ip_forward
iptables-restore -w <tests/lab/libvirt-9.rules

# Guest A's two services answer a line with the address that it came from.
# shellcheck disable=SC2016 # socat's variable, not ours
reply='SYSTEM:read line; echo guest A to $SOCAT_PEERADDR'
in_ns guest-a socat TCP-LISTEN:80,fork,reuseaddr "$reply" &
in_ns guest-a socat UDP-RECVFROM:53,fork "$reply" &
until [ "$(in_ns guest-a ss -Hlntu | grep -cE ':(80|53) ')" -eq 2 ]; do kill -0 %1 %2; done

# ---- the hook, installed as in /etc/libvirt/hooks

hooks=$(mktemp -d /run/hooks.XXXXXX)
cp artifacts/linux-x64/hookaot "$hooks"
ln -s hookaot "$hooks/qemu"
ln -s hookaot "$hooks/network"
cat >"$hooks/config.json" <<'JSON'
{ "machines": { "web": {
    "private_ip": "192.168.122.2",
    "port_map": [[8080, 80], {"public": 5353, "vm": 53, "protocol": "udp"}] } } }
JSON
# With no syslog the log is on stderr.
export CONFIG_FILENAME=$hooks/config.json HOOKAOT_LOG_SOCKET=/run/no-syslog

nic() { echo "<interface type='network'><mac address='52:54:00:00:00:02'/>$1<model type='virtio'/></interface>"; }
domain() { echo "<domain type='kvm'><name>web</name><devices>$(nic "$1")</devices></domain>"; }
nat="<network>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'/>
</network>"
port="<networkport>
  <owner><name>web</name></owner>
  <mac address='52:54:00:00:00:02'/>
  <plug type='network' bridge='virbr0'/>
</networkport>"
idle=$(domain "<source network='default'/>")
live=$(domain "<source network='default' bridge='virbr0'/><target dev='vnet0'/>")
# An event as libvirt fires it: event XML DRIVER OBJECT OPERATION SUB-OPERATION EXTRA
event() {
  local xml=$1 driver=$2
  shift 2
  printf '$ %s %s\n' "$driver" "$*"
  "$hooks/$driver" "$@" <<<"$xml" 2>&1 | sed 's/^/    /'
}

checks=0 failed=0
# expect WHAT WANTED GOT
expect() {
  checks=$((checks + 1))
  if [ "$2" = "$3" ]; then
    printf '  %sok%s   %-46s %s\n' "$green" "$plain" "$1" "$3"
  else
    printf '  %sFAIL%s %-46s %s, expected: %s\n' "$red" "$plain" "$1" "$3" "$2"
    failed=$((failed + 1))
  fi
}
# Asks and prints the answer's line: ask NAMESPACE|host PROTOCOL ADDRESS PORT
ask() {
  local run=(in_ns "$1")
  [ "$1" != host ] || run=()
  # shellcheck disable=SC2016 # the inner shell's arguments
  local connect='exec 3<>"/dev/$1/$2/$3" && echo >&3 && head -n 1 <&3'
  "${run[@]}" timeout 3 bash -c "$connect" - "${@:2}" 2>/dev/null || echo "no connection"
}
# path WHAT WANTED NAMESPACE PROTOCOL ADDRESS PORT
path() { expect "$1" "$2" "$(ask "${@:3}")"; }
public=192.168.0.166
# Without counters, and without the empty tables that reading leaves behind.
rules() { iptables-save | sed -E '/^#/d; s/ \[[0-9:]+\]$//'; }

title "The host has 192.168.0.166, guest A 192.168.122.2, guest B 192.168.122.3. config.json:"
sed 's/^/    /' "$hooks/config.json"

title "Before the start"
event "<hookData>$nat</hookData>" network default start begin -
event "<hookData>$nat</hookData>" network default started begin -
before=$(rules)
path "outside -> public 8080/tcp" "no connection" outside tcp $public 8080

title "Guest A starts"
event "$idle" qemu web prepare begin -
event "<hookData>$nat$port</hookData>" network default port-created begin -
event "$live" qemu web start begin -
event "$live" qemu web started begin -

title "The rules (iptables -S, iptables -t nat -S)"
{ iptables -S; iptables -t nat -S; } | sed -n '/HOOKAOT/{/^-N/d; s/^/    /; p}'

title "The connections"
path "outside -> public 8080/tcp" "guest A to 192.168.0.50" outside tcp $public 8080
path "outside -> public 5353/udp" "guest A to 192.168.0.50" outside udp $public 5353
path "host -> its own public 8080/tcp" "guest A to $public" host tcp $public 8080
path "guest A -> public 8080/tcp -> itself" "guest A to 192.168.122.1" guest-a tcp $public 8080
path "guest B -> public 8080/tcp -> guest A" "guest A to 192.168.122.1" guest-b tcp $public 8080
path "neighbour -> guest A 80/tcp, by a direct route" "no connection" neighbour tcp 192.168.122.2 80
path "neighbour -> guest A 53/udp, by a direct route" "no connection" neighbour udp 192.168.122.2 53

title "Guest A stops"
event "$idle" qemu web stopped end -
event "<hookData>$nat$port</hookData>" network default port-deleted begin -
event "$idle" qemu web release end -
path "outside -> public 8080/tcp" "no connection" outside tcp $public 8080
path "outside -> public 5353/udp" "no connection" outside udp $public 5353
difference=$(diff <(echo "$before") <(rules) || true)
expect "the rules against those before the start" "no difference" "${difference:-no difference}"

echo
if [ $failed -gt 0 ]; then echo "${red}$failed of $checks paths not as expected$plain"; exit 1; fi
echo "${green}all $checks paths as expected$plain"
