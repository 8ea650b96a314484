# shellcheck shell=bash
# A LAN, a libvirt host and two NAT guests in network namespaces, for demo.sh and record.sh, which source it:
#   outside 192.168.0.50 ───┐                                  ┌─ vnet0 ─ web  192.168.122.2
#                           ├─ lan 192.168.0.166  HOST  virbr0 ┤  virbr0 192.168.122.1/24
#   neighbour 192.168.0.51 ─┘                                  └─ vnet1 ─ mail 192.168.122.3
#   (has a route to 192.168.122.0/24)
# The host is the namespace of the script itself. /run and /sys are its own, and what it writes to /etc is seen nowhere
# else. All of it is gone when the script ends, however it ends.

# Starts the script anew in namespaces of its own: enter SCRIPT ARGUMENT...
enter() {
  local world
  [ "$(id -u)" -eq 0 ] || { echo "$1: needs root, for network namespaces: sudo $1" >&2; exit 2; }
  scripts/install-packages.sh iproute2 iptables socat >&2
  [ -x artifacts/linux-x64/hookaot ] || scripts/build.sh >&2
  unshare --net --mount --pid --fork --kill-child "$@" &
  world=$!
  # shellcheck disable=SC2064 # the number as it is now
  trap "kill -KILL $world 2>/dev/null; exit 130" INT TERM
  wait $world
  exit
}

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

make_world() {
  mount -t tmpfs tmpfs /run
  mount -t sysfs sysfs /sys # the one that shows this namespace's bridges
  mount -t proc proc /proc
  # /etc with what is written here on top of it, so that the hook is where libvirt has it.
  mkdir /run/etc /run/etc.work
  mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/etc.work /etc
  ip link set lo up
  ip link add lan type bridge
  ip addr add 192.168.0.166/24 dev lan
  ip link add virbr0 type bridge
  ip addr add 192.168.122.1/24 dev virbr0
  ip link set lan up
  ip link set virbr0 up
  plug outside 192.168.0.50/24 lan0 lan
  plug neighbour 192.168.0.51/24 lan1 lan
  plug web 192.168.122.2/24 vnet0 virbr0
  plug mail 192.168.122.3/24 vnet1 virbr0
  ip -n neighbour route add 192.168.122.0/24 via 192.168.0.166
  for guest in web mail; do ip -n $guest route add default via 192.168.122.1; done
  # What libvirt does when it starts a NAT network.
  echo 1 >/proc/sys/net/ipv4/ip_forward
  iptables-restore -w <tests/lab/libvirt-9.rules
  serve
  install_hook
  log_daemon
}

# The guest web answers a line with the address that it came from.
serve() {
  # shellcheck disable=SC2016 # socat's variable, not ours
  local reply='SYSTEM:read line; echo web to $SOCAT_PEERADDR'
  in_ns web socat TCP-LISTEN:80,fork,reuseaddr "$reply" &
  in_ns web socat UDP-RECVFROM:53,fork "$reply" &
  until [ "$(in_ns web ss -Hlntu | grep -cE ':(80|53) ')" -eq 2 ]; do kill -0 %1 %2; done
}

install_hook() {
  hooks=/etc/libvirt/hooks
  rm -rf /etc/libvirt
  mkdir -p $hooks /run/libvirt/qemu /run/libvirt/network /run/dnsmasq /run/logs /run/units
  cp artifacts/linux-x64/hookaot $hooks
  for name in qemu network hookctrl; do ln -s hookaot $hooks/$name; done
  export PATH=$hooks:$PATH
  # The rest of the real host that it would look at.
  export HOOKAOT_LIBVIRT_DNSMASQ=/run/dnsmasq HOOKAOT_LOG_SOCKET=/run/log.socket
  export HOOKAOT_LOG_DIR=/run/logs HOOKAOT_UNITS_DIR=/run/units
}

# /run/logs/syslog, as a syslog daemon writes it. A message is "<30>Nov 24 20:17:35 tag[pid]: text".
log_daemon() {
  # shellcheck disable=SC2016 # the inner shell's variables
  local write='read -r line; echo "$(date -Iseconds) host ${line#<*>????????????????}"'
  printf '#!/bin/bash\n%s >>/run/logs/syslog\n' "$write" >/run/log-line
  chmod 755 /run/log-line
  socat UNIX-RECVFROM:/run/log.socket,fork EXEC:/run/log-line &
  until [ -S /run/log.socket ]; do kill -0 $!; done
}

# ---- what libvirt says

nic() { echo "<interface type='network'><mac address='52:54:00:00:00:02'/>$1<model type='virtio'/></interface>"; }
domain() { echo "<domain type='kvm'><name>web</name><devices>$(nic "$1")</devices></domain>"; }
network="<network>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'/>
</network>"
network_port="<networkport>
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
  "$hooks/$driver" "$@" <<<"$xml" >>/run/events.out 2>&1
}
network_starts() {
  event "<hookData>$network</hookData>" network default start begin -
  event "<hookData>$network</hookData>" network default started begin -
}
web_starts() {
  event "$idle" qemu web prepare begin -
  event "<hookData>$network$network_port</hookData>" network default port-created begin -
  event "$live" qemu web start begin -
  echo "<domstatus state='running' pid='1'>$live</domstatus>" >/run/libvirt/qemu/web.xml
  event "$live" qemu web started begin -
}
web_stops() {
  rm /run/libvirt/qemu/web.xml
  event "$idle" qemu web stopped end -
  event "<hookData>$network$network_port</hookData>" network default port-deleted begin -
  event "$idle" qemu web release end -
}

# ---- connections

# Asks and prints the answer's line: ask NAMESPACE|host PROTOCOL ADDRESS PORT
ask() {
  local run=(in_ns "$1")
  [ "$1" != host ] || run=()
  # shellcheck disable=SC2016 # the inner shell's arguments
  local connect='exec 3<>"/dev/$1/$2/$3" && echo >&3 && head -n 1 <&3'
  "${run[@]}" timeout 3 bash -c "$connect" - "${@:2}" 2>/dev/null || echo "no connection"
}
