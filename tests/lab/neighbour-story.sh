#!/bin/bash
# A neighbour and our forwards on one host, which is neighbour-host.sh's: what each of them does still works beside
# the other, and is as it was when ours are gone.
#
#   neighbour-story.sh NEIGHBOUR LIBVIRT BACKEND ORDER
#
# NEIGHBOUR  docker, ufw, firewalld, ...: the neighbour-NEIGHBOUR.sh that defines what it does
# LIBVIRT    iptables or nftables: what libvirt writes its rules with
# BACKEND    the same of ours
# ORDER      before or after: the neighbour starts before libvirt and ours, or after them
#
# Prints a line a check, "ok" or "FAIL".
set -uo pipefail
neighbour=$1 libvirt=$2 backend=$3 order=$4
# shellcheck source=tests/lab/neighbour-world.sh
. /lab/neighbour-world.sh
# What a neighbour may define besides: what libvirt does when it was started or reloaded; whether its start and its
# reload take out the rules of others, or stop ours until the next apply; whether it stops what guests open themselves,
# which ours leave alone; and what has to be done once for ours.
libvirt_reacts() { :; }
empties_others() { false; }
needs_apply() { false; }
stops_guests() { false; }
prepare() { :; }
# shellcheck source=/dev/null # the neighbour's
. "/lab/neighbour-$neighbour.sh"

# Both do all that they do.
all_works() { # WHEN
  ours_work "$1"
  neighbour_works "$1"
  settle
  check "$1: doctor finds no fault" 'nothing on this host stops it' hookctrl doctor a:2222
}

doctor_of() { hookctrl doctor "$1"; true; }

# After a start, a reload or a restart of the neighbour.
return_of_ours() { # WHEN
  libvirt_reacts
  if needs_apply "$1"; then
    check "$1: doctor says that ours have to be applied" 'do: hookctrl apply' doctor_of a
  elif ! empties_others; then
    check "$1: ours were left in peace" 'OK tcp a 22 peer 192.168.0.50:' at client probe tcp $public 2222
  fi
  check "$1: hookctrl apply" '' hookctrl apply
  all_works "$1"
}

reload_and_restart() {
  local how
  for how in reload restart; do
    "neighbour_$how"
    return_of_ours "after its $how"
  done
}

neighbour_again() {
  neighbour_reload
  libvirt_reacts
  neighbour_restart
  libvirt_reacts
}

before() {
  neighbour_start
  libvirt_rules
  libvirt_reacts
  prepare
  neighbour_works "alone"
  refused "alone: outside -> public, before there are forwards" at client probe tcp $public 2222 1
  internet_works "alone"
  settle
  rules >/run/alone
  ours_up
  all_works "beside it"
  ours_down
  rules >/run/left
  same "after our last stop every rule is as it was" /run/alone /run/left
  neighbour_works "after ours"
  settle

  neighbour_again
  rules >/run/alone
  ours_up
  reload_and_restart
  ours_down
  rules >/run/left
  same "after its reloads and our last stop every rule is as it was" /run/alone /run/left
}

after() {
  libvirt_rules
  ours_up
  neighbour_start
  return_of_ours "after its start"
  reload_and_restart
  ours_down
  rules >/run/left
  neighbour_again
  rules >/run/alone
  same "after our last stop every rule is as it is without ours" /run/alone /run/left
}

section "$neighbour, libvirt's rules in $libvirt, ours in $backend, the neighbour started $order ours"
network_up
ours_install
"$order"
echo "# end"
