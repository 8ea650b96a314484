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
# What a neighbour may define besides: what libvirt does when the neighbour has been started or reloaded.
libvirt_reacts() { :; }
# shellcheck source=/dev/null # the neighbour's
. "/lab/neighbour-$neighbour.sh"

works() { # WHEN
  neighbour_works "$1"
  settle
}

apply() { # WHEN
  check "$1: hookctrl apply" '' hookctrl apply
}

reload_and_restart() {
  local how
  for how in reload restart; do
    "neighbour_$how"
    libvirt_reacts
    apply "after its $how"
    ours_work "after its $how"
    works "after its $how"
  done
}

# The reference of every comparison is taken from a host on which ours never was.
before() {
  neighbour_start
  libvirt_rules
  libvirt_reacts
  works "alone"
  refused "alone: outside -> public, before there are forwards" at client probe tcp $public 2222 1
  internet_works "alone"
  settle
  rules >/run/alone
  ours_up
  ours_work "beside it"
  works "beside ours"
  ours_down
  rules >/run/left
  same "after our last stop every rule is as it was" /run/alone /run/left
  works "after ours"
  neighbour_reload
  libvirt_reacts
  neighbour_restart
  libvirt_reacts
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
  libvirt_reacts
  apply "after its start"
  ours_work "beside it"
  works "beside ours"
  reload_and_restart
  ours_down
  rules >/run/left
  neighbour_reload
  libvirt_reacts
  neighbour_restart
  libvirt_reacts
  rules >/run/alone
  same "after our last stop every rule is as it is without ours" /run/alone /run/left
}

section "$neighbour, libvirt's rules in $libvirt, ours in $backend, the neighbour started $order ours"
network_up
ours_install
"$order"
