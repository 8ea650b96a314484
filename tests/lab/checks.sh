# shellcheck shell=bash
# For scripts/test-libvirt.sh, which sources it: how a story is told and counted, and what every story can ask.
# shellcheck disable=SC2016,SC2034,SC2154 # text for other shells; variables from there and for the stories

public=192.168.0.166 other_public=192.168.0.167 outside=192.168.0.50 internet=198.51.100.7
public6=2001:db8::166 other_public6=2001:db8::167 outside6=2001:db8::50 internet6=2001:db8:ffff::7
test=192.168.122.2 second=192.168.122.3 box=192.168.122.4
test6=fd00:122::2 box6=fd00:122::4
hooks=/etc/libvirt/hooks

# ---- stories

# story NAME TITLE    declares what the function story_NAME shows; stories are told in the order of their declarations
stories=()
declare -A titles
story() {
  stories+=("$1")
  titles[$1]=$2
}

total_passed=0 total_failed=0 passed=0 failed=0 now_telling=''
result() { # the exit code so far, the text, what was seen
  if [ "$1" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok    $now_telling: $2"
  else
    failed=$((failed + 1))
    echo "FAIL  $now_telling: $2: ${3//$'\n'/ | }"
  fi
}
# check TEXT PATTERN COMMAND...    COMMAND ends with 0 and prints a line that matches PATTERN
check() {
  local text=$1 pattern=$2 seen code=0
  shift 2
  seen=$("$@" 2>&1) || code=$?
  grep -Eq -- "$pattern" <<<"$seen" || code=1
  result "$code" "$text" "$seen"
}
# same TEXT FILE COMMAND...    COMMAND prints what FILE holds
same() {
  local text=$1 file=$2 seen code=0
  shift 2
  seen=$(diff "$file" <("$@" 2>&1)) || code=$?
  result "$code" "$text" "$seen"
}
# refused TEXT COMMAND...    COMMAND is a probe that cannot connect; a probe that could not run at all is no proof
refused() {
  local text=$1 seen code=0
  shift
  seen=$("$@" 2>&1)
  [[ $seen == FAIL\ * ]] || code=1
  result "$code" "$text" "$seen"
}
# becomes TEXT PATTERN COMMAND...    as check, within a minute
becomes() {
  local text=$1 pattern=$2 seen i
  shift 2
  for ((i = 0; i < 600; i++)); do
    seen=$("$@" 2>&1) && grep -Eq -- "$pattern" <<<"$seen" && break
    sleep .1
  done
  grep -Eq -- "$pattern" <<<"$seen"
  result $? "$text" "$seen"
}

# Tells one story. libvirt has to log nothing that the story does not expect, and its own tables of nftables have to be
# at the end what they were without the hook.
tell() {
  local name=$1 began=$EPOCHREALTIME lines seconds
  now_telling=$name passed=0 failed=0 expected='^$'
  lines=$(lab log | wc -l)
  echo "# $name: ${titles[$name]}"
  "story_$name"
  complaints "$lines" "$expected"
  [ "$backend" != nftables ] || same "libvirt's own tables are as it made them" "$LAB_HOME/tables.empty" libvirt_tables
  seconds=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000000))
  echo "# $name: $passed passed, $failed failed, $seconds s"
  printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$passed" "$failed" "$seconds" "${titles[$name]}" >>"$results"
  total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
}
# expects PATTERN    libvirt may log such a line in this story
expects() { expected="$expected|$1"; }

# What libvirt says in this lab whatever the hook does: no KVM, no D-Bus, no firmware tables, cgroups of one kind only.
lab_noise='/dev/kvm|dmidecode|udevGetDMIData|virGDBusGetSystemBus|DBus not available|virCgroupDetectControllers'
lab_noise="$lab_noise|driver \"none\" disables|is tainted|End of file while reading data"
# And its own of every reload (9.0), of every container that stops, and of its workers when it stops (11.3, sometimes).
lab_noise="$lab_noise|virHashAddEntry.*Duplicate hash table key|virNetlinkDelLink|Make forcefull daemon shutdown"
complaints() { # FROM-LINE PATTERN [LAB]
  local seen
  seen=$("${3:-lab}" log | tail -n "+$(($1 + 1))" | grep -E ': (error|warning) :' | grep -vE "$lab_noise|$2")
  [ -z "$seen" ]
  result $? "libvirt logs no error and no warning" "$seen"
}

# ---- the ends of a connection

from_outside() { lab client probe "$@"; }
outside_as() { # SOURCE PROBE...
  local source=$1
  shift
  PROBE_FROM=$source lab client probe "$@"
}
from_host() { lab exec /lab/probe "$@"; }
from_veth() { lab vguest probe "$@"; }
from_guest() { local address=$1; shift; lab guest "$address" "probe $*"; }
on_host() { lab exec "$@"; }
shell() { lab exec sh -c "$@"; }
qemu() { on_host virsh -q "$@"; }
lxc() { on_host virsh -q -c lxc:///system "$@"; }

# ---- what is there

# What a packet meets, without counters, comments, and tables or chains in which there is nothing. Each line of iptables
# begins with its table, which is held from the line "*TABLE" on. libvirt's own tables follow as nft lists them, without
# what the hook puts there.
rules() {
  local command
  for command in iptables-save ip6tables-save; do
    on_host "$command" | sed -nE '
      /^\*/ { s/^\*(.*)/\1/; h }
      s/ \[[0-9]+:[0-9]+\]//
      /^(-A|:[^ ]+ (-|DROP))/ { G; s/(.*)\n(.*)/\2 \1/; p }'
  done
  libvirt_tables
}
libvirt_tables() {
  libvirt_table ip
  libvirt_table ip6
}
libvirt_table() { # FAMILY
  on_host nft list table "$1" libvirt_network 2>/dev/null | sed -E '
    s/counter packets [0-9]+ bytes [0-9]+/counter/
    /chain hookaot \{/,/^\t\}/d
    /jump hookaot$/d
    /^$/d'
}
# The rules of the hook, in an order of their own: the elements of a map have none.
ours() {
  {
    rules | grep HOOKAOT
    on_host nft list ruleset 2>/dev/null | sed -nE '/^table .*hookaot/,/^}/p; /chain hookaot/,/^\t}/p' |
      sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/g' | tr -s ', \t' '\n'
  } | sort
}
# The rules, chains and tables that have our name, in either kind of ruleset.
ours_left() {
  shell '{ iptables-save; ip6tables-save; nft list ruleset; } 2>/dev/null | grep -i hookaot || echo none'
}
# The processes that run a binary of the hooks' directory.
left_running() {
  shell '
    for process in /proc/[0-9]*; do
      case $(readlink "$process/exe") in */hooks/*) cat "$process/cmdline" ;; esac
    done
    echo none'
}
# For a few seconds only: a connection from before a reboot is never answered.
boot_id() { on_host /lab/probe http "192.168.122.$1" 80 /cgi-bin/sh 5 - <<<'cat /proc/sys/kernel/random/boot_id'; }
domain_state() { qemu domstate "$1"; }
lives() {
  check "$1: the VM lives" '^running' qemu domstate test
  check "$1: the container lives" '^running' lxc domstate box
}

# ---- what happens

# await_events PATTERN...    after `mark`, until the recorder has a line for each PATTERN: the hook under test is
# through with them
mark() { events_before=$(lab events | wc -l); }
await_events() {
  local pattern i
  for pattern in "$@"; do
    for ((i = 0; i < 600; i++)); do
      lab events | tail -n "+$((events_before + 1))" | grep -q -- "^$pattern" && continue 2
      sleep .1
    done
    echo "no event: $pattern"
    return 1
  done
}
# The daemon restarts and has taken up again the guests that run: the hook has seen them.
restart() { # "DRIVER GUEST"...
  local wanted=("network default port-created") guest
  for guest in "$@"; do wanted+=("$guest reconnect"); done
  mark
  lab restart && await_events "${wanted[@]}"
}
restart_both() { restart "qemu test" "lxc box"; }
# SIGHUP: libvirt calls the hook of the daemon, which the recorder is, and puts its rules in anew. It says nothing of
# the end, but it logs every rule.
reload() {
  mark
  lab reload && await_events 'daemon - reload' && quiet
}
quiet() {
  local lines=0 before=-1
  while [ "$lines" != "$before" ]; do
    before=$lines
    sleep .3
    lines=$(lab log | wc -l)
  done
}
# what the hook logged after a snapshot of the log
log_since() { lab syslog | tail -n "+$(($(wc -l <"$1") + 1))" | grep libvirt-hook-; }
start_box() { lxc start box && lab await 4; }
start_test() { qemu start test && lab await 2; }

# ---- what must work, and what must not

# The forwards that every situation must leave working.
forwards() {
  check "$1: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "$1: outside, UDP" "OK udp test 53 peer $outside:" from_outside udp $public 5353
  check "$1: outside, TCP, to the container" "OK tcp box 22 peer $outside:" from_outside tcp $public 2224
  check "$1: host to its own public address" 'OK tcp test 22' from_host tcp $public 2222
  check "$1: guest to itself (hairpin)" 'OK tcp test 22' from_guest 2 tcp $public 2222
  check "$1: container to itself (hairpin)" 'OK tcp box 22' from_guest 4 tcp $public 2224
  check "$1: container to the VM" 'OK tcp test 22' from_guest 4 tcp $public 2222
  check "$1: neighbour guest to the VM" 'OK tcp test 22' from_veth tcp $public 2222
  forwards6 "$1"
}
forwards6() {
  check "$1: outside, TCP, IPv6" "OK tcp test 22 peer \[$outside6\]:" from_outside tcp $public6 2222
  check "$1: outside, TCP, to the container, IPv6" "OK tcp box 22 peer \[$outside6\]:" from_outside tcp $public6 2224
  check "$1: guest to itself (hairpin), IPv6" 'OK tcp test 22' from_guest 2 tcp $public6 2222
}
# One connection of each kind of guest, where a story has many turns.
served() {
  check "$1: outside to the VM" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "$1: outside to the container" "OK tcp box 22 peer $outside:" from_outside tcp $public 2224
}
# What must stay shut.
shut() {
  local past="a neighbour with a route does not reach the VM's forwarded port past the forward"
  refused "$1: $past" from_outside tcp $test 22 1
  refused "$1: nor any other port of it" from_outside tcp $test 8080 1
  refused "$1: nor UDP" from_outside udp $test 7 1
  refused "$1: nor the container" from_outside tcp $box 22 1
  refused "$1: a public port that no entry names is not forwarded" from_outside tcp $public 8080 1
}

# ---- the config

write_config() { on_host sh -c "cat >$hooks/config.json"; }
# shellcheck disable=SC2119,SC2120 # its arguments are optional
good_config() { # [keys of the file, with a comma] [keys of the VM, with a comma]
  write_config <<JSON
{
    // written by an administrator
    "debug": true,
    "machines": {
        "test": {${2:-}
            "private_ip": ["$test", "$test6"],
            "port_map": [
                ["2222", "22"], [8002, 80],
                {"public": 5353, "vm": 53, "protocol": "udp"},
                {"public": "9007", "vm": "7", "protocol": "tcp+udp"},
                {"public": "9100-9101", "vm": "9000-9001"},
                {"public": "9200-9201", "vm": "9000-9001"},
                {"public": 9000, "vm": 9000},
                {"public": 2299, "vm": 22, "source": ["198.51.100.0/24", "2001:db8:ffff::/48"]}
            ]
        },
        /* a container */
        "box": { "private_ip": ["$box", "$box6"], "port_map": [["2224", "22"]] }
    },${1:-}
    "public_ip": ["$public", "$public6"]
}
JSON
}
apply() { on_host hookctrl apply; }

# ---- between the stories

# What every story begins with: daemon, network, both guests and the good config. Without it a story that fails would
# take the next ones with it.
steady() {
  [ "$(qemu domstate test 2>&1)" = running ] && [ "$(lxc domstate box 2>&1)" = running ] &&
    from_host tcp $public 2222 1 >/dev/null && from_host tcp $public 2224 1 >/dev/null
}
mend() {
  echo "# the host is put right for the next story"
  on_host virsh -q net-list >/dev/null 2>&1 || lab start
  shell 'iptables -P FORWARD ACCEPT; ip6tables -P FORWARD ACCEPT'
  shell 'for n in iptables ip6tables; do echo 0 >/proc/sys/net/bridge/bridge-nf-call-$n; done'
  good_config
  qemu net-start default >/dev/null 2>&1 && lab attach
  if [ "$(qemu domstate test 2>&1)" = running ]; then lab await 2; else lab vm test 2; fi
  if [ "$(lxc domstate box 2>&1)" = running ]; then lab await 4; else lab container box 4; fi
  restart_both >/dev/null
  apply >/dev/null
  steady || echo "# the host could not be put right"
}
