# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# What others do to the firewall.

story flush "iptables -F, and the hook's rules are gone"
story_flush() {
  expects 'virNetfilter|iptables'
  shell 'for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done'
  lxc destroy box
  start_box
  forwards "flushed, another guest's event"
  shell 'for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done'
  check "flushed, apply" '' apply
  served "flushed, apply"
  shell 'for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done'
  check "flushed, restart" '' restart_both
  forwards "flushed, restart"
  shut "flushed, restart"
}

story ruleset "nft flush ruleset"
story_ruleset() {
  on_host nft flush ruleset
  refused "all forwards are gone (a check of this test)" from_outside tcp $public 2222 1
  check "apply" '' apply
  served apply
  on_host nft flush ruleset
  check "restart" '' restart_both
  forwards restart
  shut restart
  # libvirt makes its chains only when it starts, and at SIGHUP fails for lack of them.
  expects 'Failed to (apply|run) firewall'
  on_host nft flush ruleset
  check "SIGHUP" '' reload
  check "SIGHUP, apply" '' apply
  forwards "SIGHUP, apply"
  check "restart" '' restart_both
  forwards "restart after SIGHUP"
  shut "restart after SIGHUP"
}

story drop "FORWARD policy DROP, as docker and ufw leave it"
story_drop() {
  shell 'iptables -P FORWARD DROP; ip6tables -P FORWARD DROP'
  # The accept in iptables is there in any case where the hook writes iptables, and else from the next event on.
  if [ "$backend" = iptables ]; then
    forwards DROP
  else
    check "status names what is missing" 'drift: .*FORWARD' shell 'hookctrl status; [ $? -eq 1 ]'
  fi
  lxc destroy box
  start_box
  forwards "DROP, another guest's event"
  shut DROP
  check "status finds no drift" 'test .* active' on_host hookctrl status
  shell 'iptables -P FORWARD ACCEPT; ip6tables -P FORWARD ACCEPT'
  check "accepted again: apply" '' apply
  served "accepted again"
}

story bridged "br_netfilter, as docker leaves it"
story_bridged() {
  shell 'for n in iptables ip6tables; do echo 1 >/proc/sys/net/bridge/bridge-nf-call-$n; done'
  shell 'for p in /sys/class/net/*/brport/hairpin_mode; do echo 0 >"$p"; done'
  refused "without hairpin mode, no hairpin (a check of this test)" from_guest 2 tcp $public 2222 1
  check "apply" '' apply
  forwards apply
  shut apply
  qemu destroy test
  lxc destroy box
  start_test & start_box &
  wait
  forwards "guests started"
  unplug 52:54:00:00:00:02
  plug 52:54:00:00:00:02   # whose event comes before the host's end of the NIC is there
  lab await 2
  check "NIC plugged in again: apply" '' apply
  forwards "NIC plugged in again"
  shell 'for n in iptables ip6tables; do echo 0 >/proc/sys/net/bridge/bridge-nf-call-$n; done'
}

story doctor "doctor names a lost chain"
story_doctor() {
  shell 'iptables -t nat -F HOOKAOT-DNAT 2>/dev/null || nft delete table ip hookaot'
  check "doctor names what is wrong" 'do: hookctrl apply' shell 'hookctrl doctor test; [ $? -eq 1 ]'
  check "apply" '' apply
  served apply
}
