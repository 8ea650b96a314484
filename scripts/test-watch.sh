#!/bin/bash
# Kills "hookctrl watch" at random moments of a storm: guests come and go, and another program takes the rules out.
#
#   scripts/test-watch.sh [MOMENTS]
#
# MOMENTS is how often it is killed, 40 without. Takes artifacts/linux-x64/hookaot, or $HOOKAOT; builds it if missing.
# After each kill a new watcher has to bring the kernel to exactly what the config and the active guests ask for: as
# "hookctrl status" counts it, and as iptables-save or nft lists it after an apply. Needs root, for a network namespace.
# Prints "N of N moments exact"; exit code 1 if one was not.
#
#   BACKENDS  iptables, nftables: what the rules are written with; the moments are shared out
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

binary=$(realpath -m "${HOOKAOT:-artifacts/linux-x64/hookaot}")
[ "$(id -u)" -eq 0 ] || { echo "test-watch.sh: needs root, for namespaces" >&2; exit 1; }
[ -x "$binary" ] || scripts/build.sh linux-x64 || exit 1

if [ "${1:-}" != inside ]; then
  exec unshare --net --mount --propagation private bash scripts/test-watch.sh inside "$binary" "${1:-40}"
fi
binary=$2 moments=$3
guests="g0 g1 g2 g3"

mount -t tmpfs tmpfs /mnt
cd /mnt || exit 1
mkdir -p hooks libvirt/{qemu,network} dnsmasq etc
cp "$binary" hooks/hookaot
for name in qemu hookctrl; do ln -s hookaot hooks/$name; done
export HOOKAOT_HOOKS_DIR=/mnt/hooks CONFIG_FILENAME=/mnt/hooks/config.json HOOKAOT_RUN_DIR=/mnt/run
export HOOKAOT_LIBVIRT_RUN=/mnt/libvirt HOOKAOT_LIBVIRT_ETC=/mnt/etc HOOKAOT_LIBVIRT_DNSMASQ=/mnt/dnsmasq
export HOOKAOT_LOG_SOCKET=/mnt/log
ip link set lo up
ip link add virbr0 type bridge
ip addr add 192.168.122.1/24 dev virbr0
ip link set virbr0 up
echo 1 >/proc/sys/net/ipv4/ip_forward
# Somebody else's rules, which stay.
iptables -w -A FORWARD -i virbr0 -j ACCEPT

configure() { # BACKEND
  local n=0 name
  {
    echo "{ \"backend\": \"$1\", \"machines\": {"
    for name in $guests; do
      n=$((n + 1))
      [ $n -eq 1 ] || echo ,
      echo "\"$name\": { \"private_ip\": \"192.168.122.$((n + 1))\", \"port_map\": [[$((8000 + n)), 80]] }"
    done
    echo "} }"
  } >hooks/config.json
}

xml() { # NAME
  echo "<domain type='kvm'><name>$1</name><devices><interface type='bridge'><mac address='52:54:00:00:00:02'/>\
<source bridge='virbr0'/><target dev='vnet0'/></interface></devices></domain>"
}
# In libvirt's order: the file after the hook "start", and gone before "stopped".
start() { # NAME
  xml "$1" | hooks/qemu "$1" start begin - 2>>hooks.log
  echo "<domstatus state='running'>$(xml "$1")</domstatus>" >libvirt/qemu/.new && mv libvirt/qemu/{.new,"$1".xml}
}
stop() { # NAME
  rm -f libvirt/qemu/"$1".xml
  xml "$1" | hooks/qemu "$1" stopped end - 2>>hooks.log
}

guests_come_and_go() {
  local name
  while [ -e storm ]; do
    for name in g0 g1 g2; do if [ $((RANDOM % 2)) -eq 0 ]; then start $name; else stop $name; fi; done
  done
}

take_out() {
  case $((RANDOM % 4)) in
    0) nft flush ruleset; iptables -w -A FORWARD -i virbr0 -j ACCEPT ;;
    1) iptables -w -t nat -F ;;
    2) iptables -w -F HOOKAOT-FWD ;;
    3) nft delete table ip hookaot ;;
  esac 2>/dev/null
}

rules_are_taken_out() {
  while [ -e storm ]; do
    take_out
    sleep 0.0$((RANDOM % 10))
  done
}

rules() {
  { iptables-save; nft list table ip hookaot; nft list table ip6 hookaot; } 2>/dev/null |
    sed -E '/^#/d; s/ ?\[[0-9]+:[0-9]+\]$//; s/counter packets [0-9]+ bytes [0-9]+/counter/'
}

# Guest g3 runs from beginning to end, so that something has to be in force at any moment.
exact() {
  local i forwards active
  for ((i = 0; i < 200; i++)); do
    hooks/hookctrl status >seen 2>&1 && break
    sleep .1
  done
  active=$(find libvirt/qemu -name '*.xml' | wc -l)
  forwards=$(grep -c ' active ' seen)
  [ "$forwards" -eq "$active" ] || { echo "$active guests, $forwards forwards active:"; cat seen; return 1; }
  rules >seen
  hooks/hookctrl apply >/dev/null 2>&1 || { echo "apply failed"; return 1; }
  rules >wanted
  diff wanted seen || return 1
  [ "$(grep -o -- "--to-destination 192[0-9.:]*\|: 192[0-9.]* \. 80" seen | sort -u | wc -l)" -eq "$active" ] ||
    { echo "not $active translations:"; cat seen; return 1; }
  cmp -s hooks/config.json config.before || { echo "config.json has changed"; return 1; }
}

good=0 done=0
for backend in ${BACKENDS:-iptables nftables}; do
  configure "$backend"
  cp hooks/config.json config.before
  start g3
  count=$((moments / 2))
  [ "$(wc -w <<<"${BACKENDS:-iptables nftables}")" -eq 2 ] || count=$moments
  for ((moment = 0; moment < count; moment++)); do
    touch storm
    guests_come_and_go &
    coming=$!
    rules_are_taken_out &
    taking=$!
    hooks/hookctrl watch 2>>watch.log &
    watcher=$!
    sleep 0.$((RANDOM % 9))$((RANDOM % 10))
    kill -KILL $watcher
    wait $watcher 2>/dev/null
    rm storm
    wait $coming $taking
    # The last hook has put everything right: what is taken out once more only the new watcher puts back.
    [ $((moment % 2)) -eq 0 ] || take_out
    hooks/hookctrl watch 2>>watch.log &
    watcher=$!
    [ $((moment % 2)) -eq 1 ] || take_out
    done=$((done + 1))
    # Rules that were flushed look like those of a host on which nothing has to be, until it has looked.
    sleep .2
    if exact; then good=$((good + 1)); else echo "^ moment $done, $backend"; fi
    kill $watcher
    wait $watcher 2>/dev/null
  done
  for name in $guests; do stop "$name"; done
done
echo "$good of $done moments exact"
[ "$good" -eq "$done" ] && [ "$done" -gt 0 ]
