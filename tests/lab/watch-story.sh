#!/bin/bash
# A real neighbour takes the rules out, "hookctrl watch" puts them back, and nobody runs a command; on the host of
# neighbour-host.sh.
#
#   watch-story.sh NEIGHBOUR LIBVIRT BACKEND
#
# NEIGHBOUR  firewalld, docker or nftables (nft -f /etc/nftables.conf, as its service reloads)
# LIBVIRT    iptables or nftables: what libvirt writes its rules with
# BACKEND    the same of ours
#
# Prints a line a check, "ok" or "FAIL".
set -uo pipefail
neighbour=$1 libvirt=$2 backend=$3
# shellcheck disable=SC2034 # for neighbour-world.sh
order=after
# shellcheck source=tests/lab/neighbour-world.sh
. /lab/neighbour-world.sh
libvirt_reacts() { :; }
# shellcheck source=/dev/null # the neighbour's
case $neighbour in firewalld | docker) . "/lab/neighbour-$neighbour.sh" ;; esac

comes_back() { # WHEN
  poll works_outside
  check "$1: outside -> public" 'OK tcp a 22 peer 192.168.0.50:' at client probe tcp $public 2222
  check "$1: host -> its own public" 'OK tcp a 22 ' probe tcp $public 2222
  check "$1: the watcher runs" '' kill -0 "$watcher"
}
works_outside() { at client probe tcp $public 2222 1; }

watch_up() {
  hookctrl watch 2>/run/watch.log &
  watcher=$!
}

with_firewalld() {
  ours_up
  watch_up
  neighbour_start
  libvirt_reacts
  comes_back "after its start"
  must firewall-cmd -q --reload
  libvirt_reacts
  comes_back "after its reload"
  empties_others && check "the log names it" '(taken out by|after) .*(firewalld|iptables-restor)\[' cat /run/watch.log
  neighbour_restart
  libvirt_reacts
  comes_back "after its restart"
}

with_docker() {
  ours_up
  watch_up
  neighbour_start
  comes_back "after its start"
  neighbour_restart
  comes_back "after its restart"
}

with_nftables() {
  cat >/etc/nftables.conf <<'NFT'
flush ruleset
table inet mine { chain input { type filter hook input priority 0; }; }
NFT
  ours_up
  watch_up
  comes_back "before its reload"
  must nft -f /etc/nftables.conf
  comes_back "after its reload"
  check "the log names it" 'taken out by nft\[' cat /run/watch.log
}

section "hookctrl watch beside $neighbour, libvirt's rules in $libvirt, ours in $backend"
network_up
ours_install
libvirt_rules
"with_$neighbour"
kill "$watcher"
echo "# end"
