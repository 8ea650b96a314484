#!/bin/bash
# How long a forward does not work when a real program does something to it and "hookctrl watch" runs; on the host of
# neighbour-host.sh, for scripts/bench-watch.sh.
#
#   watch-bench.sh PROGRAM BACKEND ROUNDS [LOG]
#
# PROGRAM  firewalld (--reload), docker (starts later), nftables (nft -f /etc/nftables.conf, as its service reloads),
#          dnsmasq (the first lease of a guest), vim or sed (an edit of config.json)
# BACKEND  iptables or nftables: what our rules are written with; libvirt's are in iptables
# LOG      any word: the watcher's log is printed too
#
# Prints a line with the median and the worst. Of firewalld, docker and nftables it is the longest time in which a
# client that connects every millisecond does not come through; of firewalld also that of a port that firewalld itself
# has opened, since it drops new connections while it reloads. Of the others it is the time from the lease in the
# guest, or from the file's rename, until a connection has its answer.
set -uo pipefail
program=$1 backend=$2 rounds=$3 log=${4:-}
# shellcheck disable=SC2034 # for neighbour-world.sh
libvirt=iptables order=after
# shellcheck source=tests/lab/neighbour-world.sh
. /lab/neighbour-world.sh
# shellcheck source=/dev/null # the neighbour's
case $program in firewalld | docker) . "/lab/neighbour-$program.sh" ;; esac

times=() others=()

summary() { # TEXT TIME...
  printf '%s\n' "${@:2}" | sort -n | awk -v text="$1" '{ t[NR] = $1 }
    END { printf "%s: median %.1f ms, worst %.1f ms of %d\n", text, t[int((NR + 1) / 2)], t[NR], NR }'
}
since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f\n", (b - a) * 1000 }'; }

# outage SECONDS COMMAND...
outage() {
  at client probe outage $public 2222 "$1" >/run/outage &
  local probes=$!
  [ "$program" != firewalld ] || { at client probe outage $public 2298 "$1" >/run/other & probes="$probes $!"; }
  sleep .3
  must "${@:2}"
  # shellcheck disable=SC2086 # process ids
  wait $probes
  times+=("$(cat /run/outage)")
  [ "$program" != firewalld ] || others+=("$(cat /run/other)")
}

with_firewalld() {
  neighbour_start
  must firewall-cmd -q --permanent --zone=libvirt --change-interface=virbr0
  must firewall-cmd -q --reload
  sleep 12
  for ((i = 0; i < rounds; i++)); do
    outage 3 firewall-cmd -q --reload
    # libvirt makes its rules again; and five damages within ten seconds would be a fight, which has pauses
    libvirt_rules
    sleep 3
  done
  summary "firewalld --reload, its own open port" "${others[@]}"
}

with_docker() {
  local i docker
  br_netfilter 1
  for ((i = 0; i < rounds; i++)); do
    # It makes FORWARD drop only where it is the one that lets the kernel forward.
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv4/conf/all/forwarding
    outage 4 docker_up
    docker=$(cat /var/run/docker.pid)
    must kill "$docker"
    while kill -0 "$docker" 2>/dev/null; do sleep .05; done
    iptables -w -P FORWARD ACCEPT
  done
}

with_nftables() {
  printf '%s\n' 'flush ruleset' 'table inet mine { chain input { type filter hook input priority 0; }; }' \
    >/etc/nftables.conf
  for ((i = 0; i < rounds; i++)); do
    outage 2 nft -f /etc/nftables.conf
    sleep 1
  done
}

# libvirt's dnsmasq has its helper as script, which writes the file of leases that the watcher reads.
with_dnsmasq() {
  local i from dnsmasq
  cat >/usr/local/bin/leased <<'SH'
#!/bin/sh
case $1 in bound) ip addr flush dev eth0; ip addr add "$ip/24" dev eth0; ip route add default via 192.168.122.1; esac
[ "$1" != bound ] || date +%s.%N >/run/leased
SH
  chmod 755 /usr/local/bin/leased
  at a ip link set eth0 address 52:54:00:00:00:02
  guest_down a vnet0
  for ((i = 0; i < rounds; i++)); do
    # Nobody knows the guest when it starts.
    at a ip addr flush dev eth0
    ip neigh flush dev virbr0
    rm -f /run/leased /var/lib/libvirt/dnsmasq/virbr0.status
    VIR_BRIDGE_NAME=virbr0 dnsmasq --conf-file=/dev/null --interface=virbr0 --bind-interfaces --port=0 \
      --leasefile-ro --dhcp-range=192.168.122.100,192.168.122.250 --no-ping --user=root --no-daemon --log-facility=- \
      --dhcp-script=/usr/lib/libvirt/libvirt_leaseshelper >/run/dnsmasq.log 2>&1 &
    dnsmasq=$!
    guest_up a vnet0 >/dev/null
    sleep 1.2
    at a busybox udhcpc -q -f -n -i eth0 -s /usr/local/bin/leased -r 192.168.122.$((100 + i)) >/dev/null 2>&1
    from=$(cat /run/leased)
    must at client probe until $public 2222 20
    times+=("$(since "$from")")
    guest_down a vnet0
    kill $dnsmasq
    wait $dnsmasq
  done
}

edited() { # COMMAND...   port 2222 is 2223 and back
  local i from=2222 to=2223 swap
  for ((i = 0; i < rounds; i++)); do
    must "$@" $from $to
    must at client probe until $public $to 20
    times+=("$(since "$(stat -c %.9Z $hooks/config.json)")")
    swap=$from from=$to to=$swap
    sleep 1.2
  done
}
by_vim() { vim.tiny -u NONE -es -c "%s/\\[$1, 22\\]/[$2, 22]/" -c wq $hooks/config.json; }
by_sed() { sed -i "s/\\[$1, 22\\]/[$2, 22]/" $hooks/config.json; }
with_vim() { edited by_vim; }
with_sed() { edited by_sed; }

network_up
ours_install
[ "$program" != dnsmasq ] || sed -i '/"private_ip": "192.168.122.2",/d' $hooks/config.json
libvirt_rules
ours_up >/dev/null # a guest without an address is told of
hookctrl watch 2>/run/watch.log &
watcher=$!
sleep 2
"with_$program"
summary "$program, $backend" "${times[@]}"
[ -z "$log" ] || cat /run/watch.log
kill $watcher
