#!/bin/bash
# Measures "hookctrl watch" and prints a small table. It asserts nothing.
#
#   scripts/bench-watch.sh [repair] [memory] [cpu] [idle] [programs] [PROGRAM...]
#
# Without a name: repair, memory and cpu. Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing. Needs
# root, for namespaces.
#
#   repair    from the damage until a client's connection through the forward has its answer, median and worst of 50
#   memory    resident after the start and after 1000 repairs, each with its looks
#   cpu       share of a core beside a program that commits 100 times a second to a table of its own, for 20 s
#   idle      voluntary context switches within 10 minutes in which nothing happens
#   programs  half an hour: how long a forward does not work when firewalld reloads, docker starts, nftables.service
#             reloads, dnsmasq gives a first lease, vim or sed changes config.json, 50 times each with each backend
#             (tests/lab/watch-bench.sh); or only the named ones of firewalld docker nftables dnsmasq vim sed
#
# $ROUNDS instead of 50 of these; with $SHOW_LOG the watcher's log is printed as well.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

binary=$(realpath -m "${HOOKAOT:-artifacts/linux-x64/hookaot}")
[ "$(id -u)" -eq 0 ] || { echo "bench-watch.sh: needs root, for namespaces" >&2; exit 1; }
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1

scripts/install-packages.sh iproute2 iptables nftables procps gcc libc6-dev || exit 1

programs() { # PROGRAM...; on Debian 12, as scripts/test-watch-neighbours.sh has it
  local root=${LAB_ROOTS:-/var/cache/hookaot-lab}/neighbours-bookworm program backend
  tests/lab/neighbour-root.sh bookworm "$root" || return 1
  for program; do
    for backend in iptables nftables; do
      tests/lab/neighbour-host.sh "$root" "$binary" /lab/watch-bench.sh "$program" $backend "${ROUNDS:-50}" \
        "${SHOW_LOG:-}" </dev/null
    done
  done
}

if [ "${1:-}" != inside ]; then
  [ $# -gt 0 ] || set -- repair memory cpu
  known="firewalld docker nftables dnsmasq vim sed" named="" parts=""
  for part; do
    case " $known " in
      *" $part "*) named="$named $part" ;;
      *) if [ "$part" = programs ]; then named=$known; else parts="$parts $part"; fi ;;
    esac
  done
  # shellcheck disable=SC2086 # a list of names
  [ -z "$named" ] || programs $named
  [ -n "$parts" ] || exit 0
  probe=$(mktemp -t hookaot-probe.XXXXXXXX)
  gcc -O2 -o "$probe" tests/lab/probe.c || exit 1
  # shellcheck disable=SC2086 # a list of names
  unshare --net --mount --pid --fork --propagation private \
    bash scripts/bench-watch.sh inside "$probe" $parts
  code=$?
  rm -f "$probe"
  exit $code
fi
probe=$2
shift 2
public=192.168.0.166

# The directories of a real host, empty, so that nothing but ours happens in them.
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt
cp "$probe" /mnt/probe
cp "$binary" /mnt/hookaot
mkdir -p /mnt/{etc,hooks,libvirt,dnsmasq,run}
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/libvirt/{qemu,network} /run/dnsmasq /run/etc /run/hooks
cp /mnt/hookaot /run/hooks/hookaot
ln -s hookaot /run/hooks/qemu
ln -s hookaot /run/hooks/hookctrl
export HOOKAOT_HOOKS_DIR=/run/hooks CONFIG_FILENAME=/run/hooks/config.json HOOKAOT_RUN_DIR=/run/hookaot
export HOOKAOT_LIBVIRT_RUN=/run/libvirt HOOKAOT_LIBVIRT_ETC=/run/etc HOOKAOT_LIBVIRT_DNSMASQ=/run/dnsmasq
export HOOKAOT_LOG_SOCKET=/run/log

plug() { # MEMBER INTERFACE ADDRESS
  ip netns add "$1"
  ip link add "$2" type veth peer name eth0 netns "$1"
  ip link set "$2" up
  ip -n "$1" addr add "$3" dev eth0
  ip -n "$1" link set eth0 up
}
ip link set lo up
plug client eth0 192.168.0.50/24
ip addr add $public/24 dev eth0
ip link add virbr0 type bridge
ip addr add 192.168.122.1/24 dev virbr0
ip link set virbr0 up
plug web vnet0 192.168.122.2/24
ip link set vnet0 master virbr0
ip -n web route add default via 192.168.122.1
echo 1 >/proc/sys/net/ipv4/ip_forward
ip netns exec web /mnt/probe serve web tcp:22 &
servers=$!

configure() { # BACKEND FORWARDS
  local n more=""
  for ((n = 1; n < $2; n++)); do more+=", [$((10000 + 2 * n)), $((30000 + n))]"; done
  echo "{ \"backend\": \"$1\", \"machines\": { \"web\": { \"private_ip\": \"192.168.122.2\", \"port_map\": \
[ [2222, 22]$more ] } } }" >/run/hooks/config.json
}
domain="<domain type='kvm'><name>web</name><devices><interface type='bridge'><mac address='52:54:00:00:00:02'/>\
<source bridge='virbr0'/><target dev='vnet0'/></interface></devices></domain>"
guest_up() {
  echo "<domstatus state='running'>$domain</domstatus>" >/run/libvirt/qemu/web.xml
  echo "$domain" | /run/hooks/qemu web start begin - 2>/dev/null
}
guest_down() {
  rm -f /run/libvirt/qemu/web.xml
  echo "$domain" | /run/hooks/qemu web stopped end - 2>/dev/null
}
watch_up() {
  /run/hooks/hookctrl watch 2>/run/watch.log &
  watcher=$!
  sleep 2
}
watch_down() { kill "$watcher"; wait "$watcher" 2>/dev/null; }
works() { ip netns exec client /mnt/probe until $public 2222 20 >/dev/null; }
of_status() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$watcher"/status; }

damage() { # BACKEND
  case $1 in
    iptables) iptables -w -t nat -F HOOKAOT-DNAT ;;
    nftables) nft delete table ip hookaot ;;
  esac
}

repair() {
  local backend i from times
  for backend in iptables nftables; do
    configure $backend 1
    guest_up
    watch_up
    works || echo "the forward does not work"
    times=()
    for ((i = 0; i < 50; i++)); do
      damage $backend
      from=$(date +%s%N)
      works
      times+=($((($(date +%s%N) - from) / 100000)))
      # five damages within ten seconds are a fight, which has pauses
      sleep 3
    done
    printf '%s\n' "${times[@]}" | sort -n | awk -v b=$backend '{ t[NR] = $1 / 10 }
      END { printf "repair, %s: median %.1f ms, worst %.1f ms of %d\n", b, t[int((NR + 1) / 2)], t[NR], NR }'
    watch_down
    guest_down
  done
}

memory() {
  local before
  configure nftables 1
  guest_up
  watch_up
  before="after the start $(of_status VmRSS) kB (of its own $(of_status RssAnon) kB)"
  # An edit is no fight, and each is a converge.
  for ((i = 0; i < 1000; i++)); do
    sed -i "s/\[[0-9]*, 22\]/[$((2222 + i % 2)), 22]/" /run/hooks/config.json
    sleep .52
  done
  sleep 2
  echo "memory: $before, after $(grep -c edited /run/watch.log) converges $(of_status VmRSS) kB" \
    "(of its own $(of_status RssAnon) kB)"
  watch_down
  guest_down
}

ticks() { awk '{ print $14 + $15 + $16 + $17 }' "/proc/$watcher"/stat; }

cpu() {
  local backend forwards before end commits
  for backend in iptables nftables; do
    for forwards in 1 1000; do
      configure $backend $forwards
      guest_up
      watch_up
      nft add table ip other
      nft 'add set ip other s { type inet_service; }'
      before=$(ticks)
      end=$((SECONDS + 20)) commits=0
      # One nft that reads commands is one process that commits.
      while [ $SECONDS -lt $end ]; do
        echo "add element ip other s { $((commits % 60000 + 1)) }"
        commits=$((commits + 1))
        sleep .0098
      done > >(nft -i >/dev/null 2>&1)
      awk -v b=$backend -v f=$forwards -v t=$(($(ticks) - before)) -v hz="$(getconf CLK_TCK)" -v c=$commits \
        'BEGIN { printf "cpu, %s, %d forwards: %.1f %% of a core beside %d commits\n", b, f, t / hz / 20 * 100, c }'
      nft delete table ip other
      watch_down
      guest_down
    done
  done
}

idle() {
  local before
  configure iptables 1
  guest_up
  watch_up
  sleep 65 # once more it looks at the guest that has just come
  before=$(of_status voluntary_ctxt_switches)
  sleep 600
  echo "idle: $(($(of_status voluntary_ctxt_switches) - before)) voluntary context switches in 10 minutes," \
    "$(of_status VmRSS) kB resident (of its own $(of_status RssAnon) kB)"
  watch_down
  guest_down
}

for part in "$@"; do $part; done
kill $servers
