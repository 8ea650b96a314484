# shellcheck shell=bash
# For bench.sh, which sources it: the contenders, each called as what its users run calls it. A contender has a host of
# its own name, and:
#
#   start_of CONTENDER N     sets input and command to what gives the guest "web" N forwards,
#   stop_of CONTENDER N      and to what takes them away
#
# Forward number n leads from port 10000 + 2n of the host to port 30000 + n of the guest: neither neighbours nor equal,
# so that nobody gets away with a range. Guest number g of 20 has ten from port 40000 + 20g on, to the same of its own.
input='' command=''
guests=20
public=192.168.0.166
hook=$dir/hooks/qemu
hookctrl=$dir/hooks/hookctrl

public_port() { echo $((10000 + 2 * $1)); }
guest_port() { echo $((30000 + $1)); }

# ---- what they are given

# "web" has N forwards; with "others" the file has the 20 guests as well.
config() { # BACKEND N DEBUG [others]
  echo "{ \"backend\": \"$1\", \"debug\": $3, \"public_ip\": \"$public\", \"machines\": {"
  [ -z "${4-}" ] || seq $guests | awk '{
    printf "\"g%d\": { \"private_ip\": \"192.168.122.%d\", \"port_map\": [", $1, $1 + 100
    for (n = 1; n <= 10; n++) printf "%s[%d, %d]", (n > 1 ? ", " : ""), 40000 + 20 * $1 + 2 * n, 30000 + n
    print "] },"
  }'
  echo "\"web\": { \"private_ip\": \"192.168.122.2\", \"port_map\": ["
  seq "$2" | awk '{ printf "%s[%d, %d]\n", (NR > 1 ? ", " : ""), 10000 + 2 * $1, 30000 + $1 }'
  echo "] } } }"
}

# runtimeConfig is what an engine adds for a plugin with the capability, prevResult what the plugin before it said:
# https://www.cni.dev/plugins/current/meta/portmap/
portmap_input() { # PUBLIC GUEST STEP N ADDRESS
  echo '{ "cniVersion": "0.4.0", "name": "bench", "type": "portmap", "capabilities": { "portMappings": true },'
  echo '"runtimeConfig": { "portMappings": ['
  seq "$4" | awk -v p="$1" -v g="$2" -v step="$3" '{
    printf "%s{ \"hostPort\": %d, \"containerPort\": %d, \"protocol\": \"tcp\" }\n", (NR > 1 ? "," : ""),
      p + step * $1, g + $1
  }'
  echo '] }, "prevResult": { "cniVersion": "0.4.0", "interfaces": [ { "name": "virbr0" },'
  echo '{ "name": "eth0", "sandbox": "/run/netns/web" } ], "ips": [ { "version": "4", "interface": 1,'
  echo "\"address\": \"$5/24\", \"gateway\": \"192.168.122.1\" } ], \"dns\": {} } }"
}

# As podman hands it over: src/network/types.rs of netavark.
netavark_input() { # PUBLIC GUEST STEP N ADDRESS NAME
  echo "{ \"container_id\": \"$6\", \"container_name\": \"$6\", \"networks\": { \"podman\": {"
  echo "\"static_ips\": [ \"$5\" ], \"interface_name\": \"eth0\" } }, \"network_info\": { \"podman\": {"
  echo '"name": "podman", "id": "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",'
  echo '"driver": "bridge", "network_interface": "podman0", "subnets": [ { "subnet": "10.88.0.0/16",'
  echo '"gateway": "10.88.0.1" } ], "ipv6_enabled": false, "internal": false, "dns_enabled": false,'
  echo '"ipam_options": { "driver": "host-local" } } }, "port_mappings": ['
  seq "$4" | awk -v p="$1" -v g="$2" -v step="$3" '{
    printf "%s{ \"host_ip\": \"\", \"host_port\": %d, \"container_port\": %d, \"protocol\": \"tcp\", \"range\": 1 }\n",
      (NR > 1 ? "," : ""), p + step * $1, g + $1
  }'
  echo '] }'
}

# Of saschpe's hook; its guests are the keys.
hooks_json() { # N
  local g
  echo "{ \"web\": { \"private_ip\": \"192.168.122.2\", \"public_ip\": \"$public\", \"port_map\": { \"tcp\": ["
  seq "$1" | awk '{ printf "%s[%d, %d]\n", (NR > 1 ? ", " : ""), 10000 + 2 * $1, 30000 + $1 }'
  echo '] } }'
  for ((g = 1; g <= guests; g++)); do
    echo ", \"g$g\": { \"private_ip\": \"192.168.122.$((g + 100))\", \"public_ip\": \"$public\", \"port_map\": {"
    echo "\"tcp\": ["
    seq 10 | awk -v p=$((40000 + 20 * g)) '{ printf "%s[%d, %d]", (NR > 1 ? ", " : ""), p + 2 * $1, 30000 + $1 }'
    echo '] } }'
  done
  echo '}'
}

# The ancestor's config has strings.
ancestor_json() { # N
  config iptables "$1" false others | sed 's/\[\([0-9]*\), \([0-9]*\)\]/["\1", "\2"]/g; s/"machines"/"networks": {}, &/'
}

# What the tool of the backend gets for the same, without anybody's script: one rule a forward into a chain that is
# there, or one element. Nothing can be added with less.
by_hand() { # BACKEND PUBLIC GUEST STEP N ADDRESS
  case $1 in
    iptables)
      echo '*nat'
      seq "$5" | awk -v p="$2" -v g="$3" -v s="$4" -v to="$6" -v d=$public '{
        print "-A BENCH -d " d " -p tcp --dport " p + s * $1 " -j DNAT --to-destination " to ":" g + $1 }'
      echo COMMIT ;;
    nftables)
      echo 'add element ip bench forwards {'
      seq "$5" | awk -v p="$2" -v g="$3" -v s="$4" -v to="$6" -v d=$public '{
        print d " . " p + s * $1 " : " to " . " g + $1 "," }'
      echo '}' ;;
  esac
}
hand_base_iptables='*nat
:BENCH - [0:0]
-A PREROUTING -j BENCH
COMMIT
*filter
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
COMMIT'
hand_base_nftables='table ip bench {
  map forwards { type ipv4_addr . inet_service : ipv4_addr . inet_service ; }
  chain prerouting {
    type nat hook prerouting priority -100 ;
    dnat ip addr . port to ip daddr . tcp dport map @forwards
  }
}'

# ---- how they are called

tool_of() { # BACKEND
  case $1 in
    iptables) command='/usr/sbin/iptables-restore -w 10 --noflush' ;;
    nftables) command='/usr/sbin/nft -f -' ;;
  esac
}

start_of() { # CONTENDER N
  case $1 in
    hookaot-*)
      input=$dir/web.xml
      command="CONFIG_FILENAME=$dir/${1#hookaot-}-$2.json $hook web start begin -" ;;
    tool-*) tool_of "${1#tool-}"; input=$dir/$1-start-$2 ;;
    portmap)
      input=$dir/portmap-$2.json
      command="CNI_COMMAND=ADD CNI_CONTAINERID=web $portmap" ;;
    netavark)
      input=$dir/netavark-$2.json
      command="/usr/lib/podman/netavark --config /run/netavark setup /run/netns/web" ;;
    python-*)
      input=$dir/web.xml
      command="CONFIG_FILENAME=$dir/$1-$2.json $dir/$1/qemu web start begin -" ;;
  esac
}

stop_of() { # CONTENDER N
  start_of "$1" "$2"
  case $1 in
    hookaot-* | python-saschpe) command=${command/ start begin / stopped end } ;;
    # It takes nothing out when a guest stops.
    python-deadbok) command='/usr/sbin/iptables -t nat -F PREROUTING' ;;
    tool-*) input=$dir/$1-stop-$2 ;;
    portmap) command=${command/=ADD/=DEL} ;;
    netavark) command=${command/ setup / teardown } ;;
  esac
}

# What the hook ran last, from its log of "debug": the tool's input; the tool itself is that of tool_of.
script_of() { # LOG
  [ "$(grep -c '^libvirt-hook-qemu: running ' "$1")" -eq 1 ] || die "not one tool but: $(cat "$1")"
  sed -n 's/^libvirt-hook-qemu:   //p' "$1"
}

# Records what the hook has its tool do at a start of "web", and at its end.
record() { # HOST BACKEND N NAME [others]
  local event
  config "$2" "$3" true "${5-}" >"$dir/debug.json"
  for event in "start begin" "stopped end"; do
    # shellcheck disable=SC2086 # two words
    on "$1" env CONFIG_FILENAME="$dir/debug.json" "$hook" web $event - <"$dir/web.xml" 2>"$dir/log" ||
      die "$(cat "$dir/log")"
    script_of "$dir/log" >"$dir/$4-${event%% *}-$3"
  done
  mv "$dir/$4-stopped-$3" "$dir/$4-stop-$3"
}

# One line of stopwatch's plan.
plan() { # HOST COUNT NAME INPUT COMMAND [NAME INPUT COMMAND]
  local IFS=$'\t' pid=${pids[$1]}
  shift
  echo "$pid	$*"
}

# ---- rules by hand

# A chain or a map on the host, into which by_hand adds.
hand_base() { # HOST BACKEND
  case $2 in
    iptables) on "$1" /usr/sbin/iptables-restore -w 10 --noflush <<<"$hand_base_iptables" ;;
    nftables) on "$1" /usr/sbin/nft -f - <<<"$hand_base_nftables" ;;
  esac || die "no rules by hand"
}

# Takes out all that was added.
hand_empty() { # BACKEND
  case $1 in
    iptables) printf '*nat\n:BENCH - [0:0]\nCOMMIT\n' ;;
    nftables) echo 'flush map ip bench forwards' ;;
  esac
}

hand_guest() { # BACKEND NUMBER
  by_hand "$1" $((40000 + 20 * $2)) 30000 2 10 192.168.122.$((100 + $2))
}

# ---- the peers' files

peers_config() { # N
  local one
  portmap_input 10000 30000 2 "$1" 192.168.122.2 >"$dir/portmap-$1.json"
  netavark_input 10000 30000 2 "$1" 10.88.0.2 web >"$dir/netavark-$1.json"
  for one in $python; do
    case $one in
      python-saschpe) hooks_json "$1" ;;
      python-deadbok) ancestor_json "$1" ;;
    esac >"$dir/$one-$1.json"
  done
}

guests_config() {
  local g from
  peers_config 1
  for ((g = 1; g <= guests; g++)); do
    from=$((40000 + 20 * g))
    portmap_input $from 30000 2 10 192.168.122.$((100 + g)) >"$dir/portmap-g$g.json"
    netavark_input $from 30000 2 10 10.88.0.$((100 + g)) g$g >"$dir/netavark-g$g.json"
  done
}

# As start_of and stop_of, for the guests g1 to g20: stopwatch puts the number in.
guest_start_of() { # CONTENDER
  case $1 in
    hand-*) tool_of "${1#hand-}"; input=$dir/$1-g{} ;;
    hookaot-*) start_of "$1" 20 ;;
    *) start_of "$1" 1 ;;
  esac
  case $1 in
    portmap) input=$dir/portmap-g{}.json command=${command/CONTAINERID=web/CONTAINERID=g{\}} ;;
    netavark) input=$dir/netavark-g{}.json command=${command/netns\/web/netns/g{\}} ;;
    hookaot-* | python-*) input=$dir/g{}.xml command=${command/ web / g{\} } ;;
  esac
}

guest_end_of() { # CONTENDER
  guest_start_of "$1"
  case $1 in
    hand-*) input=$dir/$1-empty ;;
    hookaot-* | python-saschpe) command=${command/ start begin / stopped end } ;;
    python-deadbok) command='/usr/sbin/iptables -t nat -F PREROUTING' ;;
    portmap) command=${command/=ADD/=DEL} ;;
    netavark) command=${command/ setup / teardown } ;;
  esac
}
