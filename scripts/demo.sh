#!/bin/bash
# Shows hookaot at work: a forward is added, another program takes its rules out, and the watcher puts them back. The
# LAN, the host and the guests are network namespaces, the connections are real, and nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/demo-world.sh
[ "${1-}" = inside ] || enter scripts/demo.sh inside
trap 'exit 130' INT TERM # process 1 of a pid namespace has no default action for a signal

bold='' green='' red='' plain='' pause=0
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; fi
[ ! -t 1 ] || pause=0.015 # between two letters
title() { printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"; }

# ---- what is shown

surprises=0
surprise() {
  surprises=$((surprises + 1))
  printf '%sFAIL%s %s\n' "$red" "$plain" "$*"
}
show() { # PROMPT COMMAND
  local i
  printf '%s' "$1$bold"
  for ((i = 0; i < ${#2}; i++)); do
    printf '%s' "${2:i:1}"
    [ $pause = 0 ] || sleep $pause
  done
  printf '%s\n' "$plain"
}
# Types a command on the host, which has to end so and to say that: types CODE WORDS COMMAND
types() {
  local code=0 said
  show '# ' "$3"
  said=$(bash -c "$3" 2>&1) || code=$?
  [ -z "$said" ] || echo "$said"
  [ $code -eq "$1" ] || surprise "ended with $code, expected: $1"
  [[ $said == *"$2"* ]] || surprise "does not say: $2"
}
# Waits for what has to come: waits WHAT COMMAND...
waits() {
  local what=$1 until=$((SECONDS + 20))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $until ]; then surprise "$what"; return; fi
  done
}
# Types a connection from outside: connects WANTED
connects() {
  local got
  show 'outside# ' "socat - tcp:192.168.0.166:8080"
  got=$(ask outside tcp 192.168.0.166 8080)
  echo "$got"
  [ "$got" = "$1" ] || surprise "expected: $1"
}

# ---- what is counted at the end

works='' stays_shut='' checks=0
# expect LIST WHAT WANTED GOT
expect() {
  local line
  checks=$((checks + 1))
  if [ "$3" = "$4" ]; then
    line=$(printf '%sok%s    %-47s %s' "$green" "$plain" "$2" "$4")
  else
    line=$(printf '%sFAIL%s  %-47s %s, expected: %s' "$red" "$plain" "$2" "$4" "$3")
    surprises=$((surprises + 1))
  fi
  printf -v "$1" '%s  %s\n' "${!1}" "$line"
}
# path WHAT WANTED NAMESPACE PROTOCOL ADDRESS PORT
path() { expect works "$1" "$2" "$(ask "${@:3}")"; }
shut() { expect stays_shut "$1" "no connection" "$(ask "${@:2}")"; }
ours() { iptables-save | grep -c HOOKAOT || true; }

# ---- the story

public=192.168.0.166
make_world
network_starts
web_starts
echo "The host is $public, outside. Behind it are the guests web, 192.168.122.2,"
echo "and mail, 192.168.122.3. web runs, and serves 80/tcp and 53/udp."
shut "outside -> $public:8080, before" outside tcp $public 8080

title "Two forwards"
types 0 "" "hookctrl machine add web --private-ip 192.168.122.2"
types 0 "+ web: any:8080/tcp -> 192.168.122.2:80" "hookctrl port add web 8080:80"
types 0 "+ web: any:5353/udp -> 192.168.122.2:53" "hookctrl port add web 5353:53/udp"
connects "web to 192.168.0.50"
types 0 active "hookctrl status"

title "Another program takes the rules out, and the service does not run"
types 0 "" "iptables -t nat -F"
connects "no connection"
types 1 FAULT "hookctrl doctor web:8080"

title "The service, which is 'hookctrl watch', finds that when it starts"
show '# ' "hookctrl watch &"
hookctrl watch >/run/watch.out 2>&1 & # on a terminal it would write its log there
waits "the watcher does not mend it" hookctrl status
types 0 active "hookctrl status"
connects "web to 192.168.0.50"

title "The same again, while it runs"
types 0 "" "iptables -t nat -F"
waits "the watcher tells of no repair" grep -q "taken out by iptables" /run/logs/syslog
types 0 "taken out by iptables" "hookctrl log | tail -n 3"
types 0 "nothing on this host stops it" "hookctrl doctor web:8080"

path "outside -> $public:8080/tcp" "web to 192.168.0.50" outside tcp $public 8080
path "outside -> $public:5353/udp" "web to 192.168.0.50" outside udp $public 5353
path "the host -> $public:8080" "web to $public" host tcp $public 8080
path "web -> $public:8080, itself" "web to 192.168.122.1" web tcp $public 8080
path "mail -> $public:8080, web" "web to 192.168.122.1" mail tcp $public 8080
shut "neighbour -> 192.168.122.2:80/tcp, routed" neighbour tcp 192.168.122.2 80
shut "neighbour -> 192.168.122.2:53/udp, routed" neighbour udp 192.168.122.2 53

title "The guest stops, and its rules are gone"
web_stops
types 0 "" "hookctrl status"
shut "outside -> $public:8080/tcp, stopped" outside tcp $public 8080
shut "outside -> $public:5353/udp, stopped" outside udp $public 5353
expect stays_shut "rules of hookaot that are left" 0 "$(ours)"

title "What has to work"
printf %s "$works"
title "What must not"
printf %s "$stays_shut"
echo
if [ $surprises -gt 0 ]; then
  echo "$red$surprises things are not as they should be$plain; the log:"
  cat /run/logs/syslog
  exit 1
fi
echo "${green}all $checks as they should be, and nothing is left behind$plain"
