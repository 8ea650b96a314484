#!/bin/bash
# Records src/doc/terminal.svg from a real run: the commands are typed in the world of demo.sh, into a terminal of 80
# columns, and what they answer is what the picture shows. The same program gives the same bytes.
#   record.sh           writes the picture anew
#   record.sh --check   ends with 1 where it would be another one
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/demo-world.sh
[ "${1-}" = inside ] || enter scripts/record.sh inside "$@"
trap 'exit 130' INT TERM # process 1 of a pid namespace has no default action for a signal

picture=src/doc/terminal.svg
columns=80

make_world
network_starts
web_starts
hookctrl watch >/run/watch.out 2>&1 &
# It tells of the start when it listens; there is nothing in the config yet.
until [ -s /run/hookaot/watch ] || [ -e /run/hookaot/watch ]; do kill -0 $!; done

step=0
# A command and what it prints, "STEP TEXT" a line: types COMMAND
types() {
  step=$((step + 1))
  printf '%s # \e[1m%s\e[0m\n' $step "$1"
  script -qec "stty cols $columns rows 50; $1" /dev/null </dev/null | tr -d '\r' | sed "s/^/$step /" || true
}
transcript() {
  types "hookctrl machine add web --private-ip 192.168.122.2"
  types "hookctrl port add web 8080:80"
  types "hookctrl status"
  types "hookctrl doctor web:8080"
  types "iptables -t nat -F      # another program takes the rules out ..."
  # As long as a reader takes for the line: the watcher is faster.
  until hookctrl status >/dev/null 2>&1; do kill -0 1; done
  types "hookctrl status         # ... and the service has them back"
}

transcript >/run/transcript
scripts/recording/svg.sh $columns </run/transcript >/run/terminal.svg
if [ "${2-}" = --check ]; then
  diff -u $picture /run/terminal.svg ||
    { echo "record.sh: $picture is another one now, made anew by: scripts/record.sh" >&2; exit 1; }
else
  cat /run/terminal.svg >$picture
fi
