# shellcheck shell=bash
# For scripts/torture.sh, which sources it: a host with a bridge and guests that are only files, in a network namespace
# of its own, below /mnt. Nothing here is asked of libvirt; what it would write and call stands in start and stop.
# shellcheck disable=SC2154 # seed and results are torture.sh's
shopt -s extglob nullglob
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export HOOKAOT_HOOKS_DIR=/mnt/hooks CONFIG_FILENAME=/mnt/hooks/config.json HOOKAOT_RUN_DIR=/mnt/run
export HOOKAOT_LIBVIRT_RUN=/mnt/libvirt HOOKAOT_LIBVIRT_ETC=/mnt/etc HOOKAOT_LIBVIRT_DNSMASQ=/mnt/dnsmasq
export HOOKAOT_LOG_SOCKET=/mnt/log

# The rule of another program, which has to stay.
others='*filter
-A FORWARD -i virbr0 -j ACCEPT
COMMIT'

world_up() { # BINARY FAULT
  mount -t tmpfs tmpfs /mnt && cd /mnt || exit 1
  mkdir -p hooks xml dnsmasq etc libvirt/{qemu,network}
  cp "$1" hooks/hookaot
  cp "$2" fault
  for name in qemu network hookctrl; do ln -s hookaot hooks/$name; done
  ip link set lo up
  ip link add virbr0 type bridge
  echo 0 >/proc/sys/net/ipv6/conf/virbr0/accept_dad
  ip addr add 192.168.122.1/24 dev virbr0
  ip addr add fd00:122::1/64 dev virbr0 nodad
  ip link set virbr0 up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  network default virbr0 192.168.122.1
  network lan virbr1 192.168.123.1
}

guest() { # NAME: the domain that libvirt writes on the hook's standard input
  [ -e "xml/$1" ] || echo "<domain type='kvm'><name>$1</name><devices><interface type='bridge'><mac \
address='52:54:00:00:00:02'/><source bridge='virbr0'/><target dev='vnet0'/></interface></devices></domain>" >"xml/$1"
}

network() { # NAME BRIDGE ADDRESS
  echo "<network><name>$1</name><forward mode='nat'/><bridge name='$2'/>\
<ip address='$3' netmask='255.255.255.0'/></network>" >"xml/$1"
}
network_runs() { echo "<networkstatus>$(<"xml/$1")</networkstatus>" >"libvirt/network/$1.xml"; }

# libvirt's status file of a guest. It appears after the hook "start", and is gone before "stopped".
runs() { echo "<domstatus state='running'>$(<"xml/$1")</domstatus>" >"libvirt/qemu/.$1.xml" &&
  mv libvirt/qemu/{.,}"$1.xml"; }
runs_not() { rm -f "libvirt/qemu/$1.xml"; }

hook() { # NAME OPERATION SUB-OPERATION; undisturbed
  guest "$1"
  hooks/qemu "$1" "$2" "$3" - <"xml/$1" >>hook.out 2>>hook.log || echo "the hook $2 ended with $?" >>hook.out
}
start() { hook "$1" start begin && runs "$1"; }
stop() { runs_not "$1" && hook "$1" stopped end; }

# A guest counts as active for a minute after its start, also without its status file: they started long ago.
all_are_old() {
  local state
  state=$(<run/state.json) && echo "${state//\"Since\":+([0-9])/\"Since\":1}" >run/state.json
}

# Everything in the kernel without counters, a line a chain, set or map: "FAMILY TABLE<tab>what". What iptables makes
# whenever it looks is not among it: tables, and the kernel's chains without a rule. Elements have no order. nft cannot
# be asked for the rules of iptables: how it prints their targets depends on the order of the tables.
kernel() {
  {
    echo "family ip" && iptables-save
    echo "family ip6" && ip6tables-save
    nft -s list ruleset
  } 2>/dev/null | awk '
    function sorted(list,    n, i, j, e, t) {
      gsub(/[;\t]+/, "", list)
      n = split(list, e, /, */)
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && e[j - 1] > e[j]; j--) { t = e[j]; e[j] = e[j - 1]; e[j - 1] = t }
      for (i = 1; i <= n; i++) list = i == 1 ? e[1] : list ", " e[i]
      return list
    }
    /^#/ { next }
    /^family / { family = $2; next }
    /^\*/ { table = family " " substr($0, 2); next }
    /^:/ { policy[table "\t" substr($1, 2)] = $2; next }
    /^-A / { rules[table "\t" $2] = rules[table "\t" $2] ";" $0; next }
    /^table / { table = $2 " " $3; isnft = !/ip6? (filter|nat|raw|mangle|security) / ; next }
    !isnft { next }
    /^\t[a-z]/ { text = $0; next }
    /^\t}/ {
      if (match(text, /elements = { .*}/))
        text = substr(text, 1, RSTART + 12) sorted(substr(text, RSTART + 13, RLENGTH - 15)) " }"
      print table "\t" text
      next }
    { sub(/^ +/, ""); text = text ";" $0 }
    END { for (chain in policy)
      if (policy[chain] != "ACCEPT" || chain in rules) print chain " " policy[chain] rules[chain] }' | sort
}

# What is translated, as "PORT ADDRESS:PORT", from iptables and nft as they list it.
translations() {
  {
    iptables-save -t nat | awk '/ --to-destination / {
      for (i = 1; i < NF; i++) { if ($i == "--dport") port = $(i + 1); if ($i == "--to-destination") to = $(i + 1) }
      print port, to }'
    nft list map ip hookaot tcp_any_ports | sed 's/[,{]/\n/g' | awk '/ : [0-9.]+ \. [0-9]+/ {
      for (i = 1; i < NF; i++) if ($i == ":") print $1, $(i + 1) ":" $(i + 3) }'
  } 2>/dev/null | sort
}

# Takes everything of every program out of kernel and /run.
wipe() {
  nft flush ruleset
  iptables-restore <<<"$others"
  rm -rf run hooks/config.json* hooks/.config.json* hook.out libvirt/{qemu,network}/{,.}*.xml
}

# ---- results; counted by torture.sh

say() { echo "$*" >>"$results"; }

# A failure is shown at once, with what is needed to see it again.
failure() { # SCENARIO AGAIN WHY [FILE...]
  say "FAIL	$1"
  {
    echo "FAIL  $1: $3"
    echo "      again: SEED=$seed scripts/torture.sh $2"
    shift 3
    for file; do [ ! -s "$file" ] || sed "s/^/      | /" "$file" | cut -c1-300 | head -25; done
  } >&2
}
