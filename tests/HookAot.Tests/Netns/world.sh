#!/bin/sh
# Sets up and takes down the world that World.cs draws: world.sh up|down
#   NAME       what its network namespaces are called: NAME-host, NAME-client, ...
#   DIRECTORY  where the hook and its files are
#   BINARY     the published hookaot
#   IPTABLES   the variant that libvirt's rules are made with
#   IPV6       1: with IPv6 addresses too
#   RULES      libvirt's rules, for iptables-restore
set -eu
members="client neighbour host a b"

install_hook() {
  mkdir -p "$DIRECTORY/hooks/qemu.d" "$DIRECTORY/libvirt/network" "$DIRECTORY/libvirt/qemu" "$DIRECTORY/dnsmasq"
  ln -s "$BINARY" "$DIRECTORY/hooks/hookaot"
  for driver in qemu lxc libxl bhyve network hookctrl; do
    ln -s hookaot "$DIRECTORY/hooks/$driver"
  done
  ln -s ../hookaot "$DIRECTORY/hooks/qemu.d/50-hookaot"
}

# A new namespace has br_netfilter on; most hosts have not.
make_namespace() { # MEMBER
  ip netns add "$NAME-$1"
  ip netns exec "$NAME-$1" sh -c '
    echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
    [ ! -e /proc/sys/net/bridge ] || echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables'
  ip -n "$NAME-$1" link set lo up
}

configure() { # MEMBER; stdin: ip's commands
  ip -n "$NAME-$1" -batch -
}

# The outside network is a bridge in the client.
connect_outside() {
  configure client <<IP
link add lan type bridge
addr add 192.168.0.50/24 dev lan
link set lan up
link add tohost type veth peer name eth0 netns $NAME-host
link set tohost master lan up
link add toneigh type veth peer name eth0 netns $NAME-neighbour
link set toneigh master lan up
IP
  configure neighbour <<IP
addr add 192.168.0.51/24 dev eth0
link set eth0 up
route add 192.168.122.0/24 via 192.168.0.166
IP
}

connect_host() {
  configure host <<IP
addr add 192.168.0.166/24 dev eth0
addr add 192.168.0.167/24 dev eth0
link set eth0 up
link add virbr0 type bridge
addr add 192.168.122.1/24 dev virbr0
link set virbr0 up
link add vnet0 type veth peer name eth0 netns $NAME-a
link set vnet0 master virbr0 up
link add vnet1 type veth peer name eth0 netns $NAME-b
link set vnet1 master virbr0 up
IP
}

connect_guest() { # MEMBER ADDRESS
  configure "$1" <<IP
addr add $2/24 dev eth0
link set eth0 up
route add default via 192.168.122.1
IP
}

# Without duplicate address detection, which takes a second.
add_ipv6() {
  for member in $members; do
    # shellcheck disable=SC2016 # text for that shell
    ip netns exec "$NAME-$member" sh -c '
      for all in all default; do
        echo 0 > /proc/sys/net/ipv6/conf/$all/accept_dad
        echo 0 > /proc/sys/net/ipv6/conf/$all/disable_ipv6
      done
      for each in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > "$each"; done'
  done
  ip -n "$NAME-client" addr add fd00:1::50/64 dev lan nodad
  ip -n "$NAME-neighbour" addr add fd00:1::51/64 dev eth0 nodad
  ip -n "$NAME-host" addr add fd00:1::166/64 dev eth0 nodad
  ip -n "$NAME-host" addr add fd00:122::1/64 dev virbr0 nodad
  ip -n "$NAME-a" addr add fd00:122::2/64 dev eth0 nodad
  ip -n "$NAME-b" addr add fd00:122::3/64 dev eth0 nodad
  ip -n "$NAME-neighbour" route add fd00:122::/64 via fd00:1::166
  ip -n "$NAME-a" route add default via fd00:122::1
  ip -n "$NAME-b" route add default via fd00:122::1
  ip netns exec "$NAME-host" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
  sed -e '/^*nat/,/^COMMIT/d' -e 's,192.168.122.0/24,fd00:122::/64,' -e 's,icmp-port,icmp6-port,' "$RULES" \
    | ip netns exec "$NAME-host" "$(echo "$IPTABLES" | sed 's/^ip/ip6/')-restore"
}

start_network() { # as libvirt does
  ip netns exec "$NAME-host" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip netns exec "$NAME-host" "$IPTABLES-restore" <"$RULES"
}

up() {
  install_hook
  for member in $members; do make_namespace "$member"; done
  connect_outside
  connect_host
  connect_guest a 192.168.122.2
  connect_guest b 192.168.122.3
  start_network
  [ "$IPV6" = 0 ] || add_ipv6
}

# Goes on after a failure: what is left of a world that was only half made goes as well.
down() {
  set +e
  for member in $members; do
    [ ! -e "/run/netns/$NAME-$member" ] || ip netns del "$NAME-$member"
  done
  rm -rf "$DIRECTORY"
}

case $1 in
  up) up ;;
  down) down ;;
esac
