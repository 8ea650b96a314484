#!/bin/bash
# Measures the hook against its floor, in one run, in a network namespace of its own:
#   start of a guest with 100 forwards   against   iptables-restore of the same script    at most 3 times
#   a call that has nothing to do        against   /bin/true                              at most 4 times
#   peak memory with 1000 forwards                                                        at most 16 MB
#   hookctrl list with 10,000 forwards                                                    at most 100 ms
#   hookctrl --help                                                                       at most 10 ms
# A benchmark, not a test: run it on a machine that does nothing else. Exit code 1 where a bound is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1-}" != inside ]; then
  [ "$(id -u)" -eq 0 ] || { echo "bench.sh: needs root, for a network namespace" >&2; exit 2; }
  scripts/install-packages.sh iproute2 iptables hyperfine time
  [ -x artifacts/linux-x64/hookaot ] || scripts/build.sh
  exec unshare --net --mount scripts/bench.sh inside
fi

mount -t tmpfs tmpfs /run
work=/run/bench
mkdir -p $work/hooks
cp artifacts/linux-x64/hookaot $work/hooks/qemu
ip link set lo up
ip link add virbr0 type bridge
ip addr add 192.168.122.1/24 dev virbr0
ip link set virbr0 up
export CONFIG_FILENAME=$work/config.json HOOKAOT_LOG_SOCKET=$work/no-syslog
config() { # FORWARDS DEBUG
  cat <<JSON
{
  "debug": $2,
  "public_ip": "192.168.0.166",
  "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [
$(seq -s, $((10000 + 1)) $((10000 + $1)))
  ] } }
}
JSON
}
cat >$work/web.xml <<'XML'
<domain type='kvm' id='1'>
  <name>web</name>
  <devices>
    <interface type='network'>
      <mac address='52:54:00:00:00:02'/>
      <source network='default' bridge='virbr0'/>
      <target dev='vnet0'/>
    </interface>
  </devices>
</domain>
XML
hook() { "$work/hooks/qemu" "$1" "$2" begin - <"$work/web.xml" 2>"$work/log"; }
# shellcheck disable=SC2016 # the script's own variable
printf 'for t in filter nat; do iptables -t $t -F; iptables -t $t -X; done\n' >$work/clear.sh
# The script that the hook ran last, from its debug log.
script() { sed -n 's/^libvirt-hook-qemu:   //p' "$work/log"; }

config 100 true >$CONFIG_FILENAME
hook web start; script >$work/fresh.txt
hook web start; script >$work/steady.txt
config 100 false >$CONFIG_FILENAME

median() { sed -n "$1p" "$2" | cut -d, -f4; }
bound=0
row() { # WHAT OURS FLOOR LIMIT
  awk -v what="$1" -v ours="$2" -v floor="$3" -v limit="$4" 'BEGIN {
    times = ours / floor
    printf "%-44s %7.2f ms %7.2f ms   %.2f times (at most %s)\n", what, ours * 1000, floor * 1000, times, limit
    exit !(times <= limit)
  }' || bound=1
}
run() {
  hyperfine --warmup 20 --runs 200 --export-csv "$work/out.csv" "$@" >"$work/hyperfine.log" 2>&1 && return
  cat "$work/hyperfine.log" >&2
  exit 1
}

printf '%-44s %10s %10s\n' "medians of 200 runs" "hook" "floor"
run "$work/hooks/qemu web start begin - <$work/web.xml"
ours=$(median 2 $work/out.csv)
run "iptables-restore -w 10 --noflush <$work/steady.txt"
row "start, 100 forwards, rules are there" "$ours" "$(median 2 $work/out.csv)" 3

# From nothing: both sides begin with our chains gone, which is not measured.
run --prepare "$work/hooks/qemu web stopped end -" "$work/hooks/qemu web start begin - <$work/web.xml"
ours=$(median 2 $work/out.csv)
run --prepare "sh $work/clear.sh" "iptables-restore -w 10 --noflush <$work/fresh.txt"
row "start, 100 forwards, no rules yet" "$ours" "$(median 2 $work/out.csv)" 3

run --shell=none "$work/hooks/qemu other start begin -" /bin/true
row "a guest that the config does not name" "$(median 2 $work/out.csv)" "$(median 3 $work/out.csv)" 4

sh $work/clear.sh
config 1000 false >$CONFIG_FILENAME
peak=$(command time -f %M "$work/hooks/qemu" web start begin - <$work/web.xml 2>&1 | tail -1)
printf '%-44s %7.1f MB%31s\n' "peak memory, 1000 forwards" "$(awk "BEGIN { print $peak / 1024 }")" "(at most 16)"
[ "$peak" -le 16384 ] || bound=1

command_row() { # WHAT OURS LIMIT
  awk -v what="$1" -v ours="$2" -v limit="$3" 'BEGIN {
    printf "%-44s %7.2f ms%22s(at most %s ms)\n", what, ours * 1000, "", limit
    exit !(ours * 1000 <= limit)
  }' || bound=1
}
config 10000 false >$CONFIG_FILENAME
cp artifacts/linux-x64/hookaot $work/hookctrl
run --shell=none "$work/hookctrl list" "$work/hookctrl --help"
command_row "hookctrl list, 10,000 forwards" "$(median 2 $work/out.csv)" 100
command_row "hookctrl --help" "$(median 3 $work/out.csv)" 10
exit $bound
