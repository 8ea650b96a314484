# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# libvirt's own tables of nftables, and its choice of a backend, which network.conf of libvirt 10.4 and later has.

if [ "$backend" = nftables ]; then
  story accept "the accept stands at the head of libvirt's own chain"
  story tools "a host without iptables"
fi
story_accept() {
  local lease="<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>"
  at_head forwarded
  reload
  at_head SIGHUP
  restart_both
  at_head restart
  qemu net-update default add ip-dhcp-host "$lease" --live
  at_head net-update
  qemu net-update default delete ip-dhcp-host "$lease" --live
  shell 'for f in ip ip6; do nft insert rule $f libvirt_network forward tcp dport 22 drop; done'
  refused "another rule above it (a check of this test)" from_outside tcp $public 2222 1
  lxc destroy box
  start_box
  at_head "another guest's event"
  served "another guest's event"
  shell 'for f in ip ip6; do
    nft -a list chain $f libvirt_network forward | sed -n "s/.*dport 22 drop # handle //p" | while read -r handle; do
      nft delete rule $f libvirt_network forward handle $handle
    done
  done'
  shut "the other rule is gone"
}
at_head() {
  local family
  for family in ip ip6; do
    check "$1: at the head in $family" '^jump hookaot$' first_rule "$family"
  done
}
first_rule() { # FAMILY
  on_host nft list chain "$1" libvirt_network forward | sed -n 's/^\t\t//p' | grep -v '^type ' | head -n 1
}

story_tools() {
  expects 'tables'
  shell 'mkdir /root/tools; mv $(ls /usr/sbin/*tables* | grep -v nft) /root/tools'
  check "iptables is gone (a check of this test)" 'gone' shell 'command -v iptables || echo gone'
  check "apply" '' apply
  forwards apply
  check "restart" '' restart_both
  forwards restart
  shut restart
  lxc destroy box
  refused "stopped container" from_outside tcp $public 2224 1
  start_box
  check "status finds no drift" 'test .* active' on_host hookctrl status
  shell 'mv /root/tools/* /usr/sbin; rmdir /root/tools'
  check "with iptables again: apply" '' apply
  served "with iptables again"
}

if [ -n "$backend" ] && [ "$flavour" != bookworm ]; then
  story switch "libvirt gets its other backend, and goes back"
fi
story_switch() {
  local other=iptables
  [ "$backend" != iptables ] || other=nftables
  switch_to "$other"
  forwards "$other"
  shut "$other"
  check "SIGHUP" '' reload
  served "$other, SIGHUP"
  switch_to "$backend"
  forwards "$backend again"
  shut "$backend again"
  forget_libvirts "$other"
  check "without what libvirt left of $other: apply" '' apply
  served "without what libvirt left of $other"
}
# libvirt leaves its empty chains and tables behind.
forget_libvirts() {
  if [ "$1" = nftables ]; then
    shell 'nft delete table ip libvirt_network; nft delete table ip6 libvirt_network'
    return
  fi
  shell '
    for tool in iptables ip6tables; do
      for table in filter nat mangle; do
        $tool-save -t $table | sed -n "s/^-A \(.* -j LIBVIRT_\)/-D \1/p" | while read -r rule; do
          $tool -t $table $rule
        done
        $tool-save -t $table | sed -n "s/^:\(LIBVIRT_[A-Z]*\) .*/\1/p" | while read -r chain; do
          $tool -t $table -F $chain
          $tool -t $table -X $chain
        done
      done
    done'
}
switch_to() {
  on_host sh -c 'echo "firewall_backend = \"$0\"" >/etc/libvirt/network.conf' "$1"
  check "restart with $1" '' restart_both
}
