# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# A libvirt host with two guests beside a neighbour, in the namespaces of neighbour-host.sh; neighbour-story.sh
# sources it. The host is the namespace that this runs in:
#
#   client 192.168.0.50 (the internet: 198.51.100.7) ─┐                          ┌─ vnet0 ─ a 192.168.122.2
#                                                     ├─ eth0 192.168.0.166  virbr0
#   lan    192.168.0.51, with routes past the DNAT ───┘  eth1 10.9.9.1           └─ vnet1 ─ b 192.168.122.3
#                                                         └─ site 10.9.9.2
#
# There is no libvirt: its rules are loaded as it makes them, its events are fired as it fires them.
# shellcheck disable=SC2034 # the other files read them
public=192.168.0.166 site=10.9.9.2 internet=198.51.100.7
hooks=/etc/libvirt/hooks

# ---- checks

section() { echo "# $*"; }
result() { # the exit code so far, the text, what was seen
  if [ "$1" -eq 0 ]; then echo "ok    $2"; else echo "FAIL  $2: ${3//$'\n'/ | }"; fi
}
# check TEXT PATTERN COMMAND...    COMMAND ends with 0 and prints a line that matches PATTERN
check() {
  local text=$1 pattern=$2 seen code=0
  shift 2
  seen=$("$@" 2>&1) || code=$?
  grep -Eq -- "$pattern" <<<"$seen" || code=1
  result "$code" "$text" "$seen"
}
# refused TEXT COMMAND...    COMMAND is a probe that cannot connect; a probe that could not run at all is no proof.
# What is dropped takes its time, so that these checks run beside each other, until settle.
refused_probes=()
refused() {
  probe_in_vain "$@" &
  refused_probes+=($!)
}
probe_in_vain() {
  local text=$1 seen
  shift
  seen=$("$@" 2>&1)
  if [[ $seen == FAIL\ * ]]; then result 0 "$text" ''; else result 1 "$text" "$seen"; fi
}
settle() {
  wait "${refused_probes[@]}"
  refused_probes=()
}
same() { # TEXT FILE FILE
  local seen code=0
  [ -s "$2" ] || code=1
  seen=$(diff -U0 "$2" "$3") || code=1
  result "$code" "$1" "$seen"
}
must() { # COMMAND...; its output is shown where it fails
  local seen
  seen=$("$@" 2>&1) || result 1 "runs: $*" "$seen"
}
poll() { # COMMAND...
  local i
  for ((i = 0; i < 200; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep .05; done
  result 1 "gave up waiting for: $*" ''
}

# Every rule of the host, without counters. Ids of containers are as long as a hash, and differ from run to run. The
# first use of a table of iptables makes its built-in chains, which nothing takes away again: those in which there is
# nothing, and whose policy is to accept, are left out.
rules() {
  { iptables-save && ip6tables-save && nft list ruleset; } 2>/dev/null | sed -E '
    /^#/d
    s/ ?\[[0-9]+:[0-9]+\]$//
    s/counter packets [0-9]+ bytes [0-9]+/counter/
    s/[0-9a-f]{64}/ID/g' | perl -0pe '
    s{^:[A-Z]+ ACCEPT\n}{}mg;
    s{^\*\w+\nCOMMIT\n}{}mg;
    s{^\tchain [A-Z]+ \{\n\t\ttype [^\n]* policy accept;\n\t\}\n}{}mg;
    s{\n\n+}{\n}g;
    s{^table ip6? (filter|nat|mangle|raw|security) \{\n\}\n}{}mg;'
}

# ---- the network

at() { ip netns exec "$@"; } # MEMBER COMMAND...

plug() { # MEMBER INTERFACE ADDRESS GATEWAY: a new member behind an interface of the host
  ip netns add "$1"
  at "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
  at "$1" sh -c 'echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables'
  ip link add "$2" type veth peer name eth0 netns "$1"
  ip link set "$2" up
  ip -n "$1" link set lo up
  ip -n "$1" addr add "$3" dev eth0
  ip -n "$1" link set eth0 up
  [ -z "$4" ] || ip -n "$1" route add default via "$4"
}

network_up() {
  ip link set lo up
  # a host without br_netfilter, until a neighbour loads it
  br_netfilter 0
  plug client eth0 192.168.0.50/24 ''
  ip addr add $public/24 dev eth0
  ip route add default via 192.168.0.50
  at client sh -c '
    ip addr add 198.51.100.7/32 dev lo
    ip link add lan type bridge
    ip addr del 192.168.0.50/24 dev eth0
    ip addr add 192.168.0.50/24 dev lan
    ip link set lan up
    ip link set eth0 master lan'
  ip netns add lan
  ip -n client link add tolan type veth peer name eth0 netns lan
  ip -n client link set tolan master lan up
  ip -n lan addr add 192.168.0.51/24 dev eth0
  ip -n lan link set lo up
  ip -n lan link set eth0 up
  local net
  for net in 192.168.122.0/24 10.0.0.0/8 172.16.0.0/12; do ip -n lan route add $net via $public; done
  plug site eth1 $site/24 10.9.9.1
  ip addr add 10.9.9.1/24 dev eth1

  ip link add virbr0 type bridge
  ip addr add 192.168.122.1/24 dev virbr0
  ip link set virbr0 up
  plug a vnet0 192.168.122.2/24 192.168.122.1
  plug b vnet1 192.168.122.3/24 192.168.122.1
  ip link set vnet0 master virbr0
  ip link set vnet1 master virbr0

  at client probe serve client tcp:7 udp:7 &
  at site probe serve site tcp:7 tcp:8 udp:7 &
  at a probe serve a tcp:22 udp:22 tcp:9001 tcp:9002 &
  at b probe serve b tcp:22 &
  probe serve host tcp:2298 tcp:2299 &
  poll at a probe tcp 192.168.122.2 22
  poll at b probe tcp 192.168.122.3 22
}

br_netfilter() { echo "$1" >/proc/sys/net/bridge/bridge-nf-call-iptables; }

# ---- libvirt

# What it does when its network starts, and again when firewalld tells that it was reloaded: chains of its own stay if
# they are there, and so do jumps to them; its rules are made anew.
libvirt_rules() { # uses $libvirt
  echo 1 >/proc/sys/net/ipv4/ip_forward
  case $libvirt in
    iptables) libvirt_iptables ;;
    nftables) libvirt_nftables ;;
  esac
}

libvirt_iptables() {
  local name
  for name in FWO FWI FWX; do libvirt_chain filter FORWARD LIBVIRT_$name; done
  libvirt_chain nat POSTROUTING LIBVIRT_PRT
  grep -Ev '^(:[A-Z]+ |-A [A-Z]+ )' /lab/libvirt-9.rules | iptables-restore -w --noflush
}

libvirt_chain() { # TABLE PARENT CHAIN
  iptables -w -t "$1" -N "$3" 2>/dev/null
  iptables -w -t "$1" -C "$2" -j "$3" 2>/dev/null || iptables -w -t "$1" -I "$2" -j "$3"
}

libvirt_nftables() {
  local family chain
  nft list table ip libvirt_network >/dev/null 2>&1 || { nft -f /lab/libvirt-nft.rules; return; }
  {
    for family in ip ip6; do
      for chain in guest_output guest_input guest_cross guest_nat; do
        echo "flush chain $family libvirt_network $chain"
      done
    done
    grep -v 'counter jump' /lab/libvirt-nft.rules
  } | nft -f -
}

domain() { # NAME TAP
  echo "<domain type='kvm' id='1'><name>$1</name><devices><interface type='network'>
    <mac address='52:54:00:00:00:02'/><source network='default' bridge='virbr0'/><target dev='$2'/>
  </interface></devices></domain>"
}

# Quiet but for a line that says what was done.
event() { # NAME TAP OPERATION SUB-OPERATION
  local log
  # Not by a pipe: a hook that has nothing to do reads nothing, and its writer would die of it.
  log=$($hooks/qemu "$1" "$3" "$4" - 2>&1 <<<"$(domain "$1" "$2")") ||
    result 1 "the hook ends with 0 at $3 of $1" "$log"
  local done="([0-9]+ forwards? for [0-9]+ active guests?|nothing to forward, all rules are removed)"
  log=$(grep -Ev ": $done( \\[hookaot@.*)?$" <<<"$log")
  [ -z "$log" ] || result 1 "the hook has no complaint at $3 of $1" "$log"
}

# ---- ours

ours_install() { # uses $backend
  ln -sf hookaot $hooks/qemu
  ln -sf hookaot $hooks/network
  ln -sf $hooks/hookaot /usr/local/sbin/hookctrl
  mkdir -p /run/libvirt/{qemu,network} /var/lib/libvirt/dnsmasq
  cat >$hooks/config.json <<JSON
{
    "backend": "$backend",
    "public_ip": "",
    "machines": {
        "a": {
            "private_ip": "192.168.122.2",
            "port_map": [[2222, 22], { "public": 2222, "vm": 22, "protocol": "udp" }, ["9001-9002", "9001-9002"]]
        },
        "b": { "private_ip": "192.168.122.3", "public_ip": "$public", "port_map": [[8022, 22]] }
    }
}
JSON
}

guest_up() { # NAME TAP
  echo "<domstatus state='running' pid='1'>$(domain "$1" "$2")</domstatus>" >/run/libvirt/qemu/"$1".xml
  event "$1" "$2" start begin
}
guest_down() { # NAME TAP
  rm -f /run/libvirt/qemu/"$1".xml
  event "$1" "$2" stopped end
  event "$1" "$2" release end
}
ours_up() { guest_up a vnet0; guest_up b vnet1; }
ours_down() { guest_down a vnet0; guest_down b vnet1; }

# All ways to a forward, and those that have to stay closed.
ours_work() { # WHEN
  check "$1: outside -> public, tcp" 'OK tcp a 22 peer 192.168.0.50:' at client probe tcp $public 2222
  check "$1: outside -> public, udp" 'OK udp a 22 peer 192.168.0.50:' at client probe udp $public 2222
  check "$1: outside -> public, a range" 'OK tcp a 9002 peer 192.168.0.50:' at client probe tcp $public 9002
  check "$1: host -> its own public, tcp" "OK tcp a 22 peer $public:" probe tcp $public 2222
  check "$1: host -> its own public, udp" "OK udp a 22 peer $public:" probe udp $public 2222
  check "$1: guest -> public -> itself, tcp" 'OK tcp a 22 peer 192.168.122.1:' at a probe tcp $public 2222
  check "$1: guest -> public -> itself, udp" 'OK udp a 22 peer 192.168.122.1:' at a probe udp $public 2222
  check "$1: guest -> public -> the other guest" 'OK tcp b 22 peer 192.168.122.1:' at a probe tcp $public 8022
  check "$1: the other way round, udp" 'OK udp a 22 peer 192.168.122.1:' at b probe udp $public 2222
  internet_works "$1"
  ours_closed "$1"
}

internet_works() { # WHEN
  if stops_guests; then
    refused "$1: guest -> internet, which the neighbour stops" at a probe tcp $internet 7 1
  else
    check "$1: guest -> internet" "OK tcp client 7 peer $public:" at a probe tcp $internet 7
  fi
}

ours_closed() { # WHEN
  refused "$1: neighbour -> guest directly, a forwarded port" at lan probe tcp 192.168.122.2 22 1
  refused "$1: neighbour -> guest directly, udp" at lan probe udp 192.168.122.2 22 1
  refused "$1: outside -> a port that is not forwarded" at client probe tcp $public 22 1
}
