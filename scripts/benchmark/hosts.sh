# shellcheck shell=bash
# For bench.sh, which sources it: hosts to measure on. Each is a network namespace with a bridge virbr0, and a mount
# namespace with a /run and a /sys of its own: what one contender leaves, in the kernel or in files, is not another's.
declare -A pids=()

host() { # NAME
  unshare --net --mount --propagation private sleep infinity &
  local pid=$!
  # Before it is "sleep", it is not in its namespaces yet.
  until [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done
  pids[$1]=$pid
  on "$1" sh -e <<'SH'
    mount -t tmpfs tmpfs /run
    mount -t sysfs sysfs /sys
    mkdir -p /run/netns /run/libvirt/qemu /run/libvirt/network /run/dnsmasq /run/etc
    ip link set lo up
    ip link add virbr0 type bridge
    ip addr add 192.168.122.1/24 dev virbr0
    ip link set virbr0 up
SH
}

# A client before the host, and the guest "web" behind it.
ends() { # HOST
  on "$1" sh -e <<'SH'
    plug() { # MEMBER INTERFACE ADDRESS
      ip netns add $1
      ip link add $2 type veth peer name eth0 netns $1
      ip link set $2 up
      ip -n $1 addr add $3 dev eth0
      ip -n $1 link set lo up
      ip -n $1 link set eth0 up
    }
    plug client eth0 192.168.0.50/24
    ip addr add 192.168.0.166/24 dev eth0
    plug web vnet0 192.168.122.2/24
    ip link set vnet0 master virbr0
    ip -n web route add default via 192.168.122.1
    echo 1 >/proc/sys/net/ipv4/ip_forward
SH
}

on() { # HOST COMMAND...
  nsenter --target "${pids[$1]}" --net --mount "${@:2}"
}

gone() { # HOST...
  local name
  for name; do
    kill "${pids[$name]}"
    wait "${pids[$name]}" 2>/dev/null
    unset "pids[$name]"
  done
}

# A domain as libvirt hands it to a hook.
domain() { # NAME
  echo "<domain type='kvm' id='1'><name>$1</name><devices><interface type='network'>\
<mac address='52:54:00:00:00:02'/><source network='default' bridge='virbr0'/><target dev='vnet0'/>\
</interface></devices></domain>"
}
