# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# libvirt's own choice of a backend, which network.conf of libvirt 10.4 and later has.

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
}
switch_to() {
  on_host sh -c 'echo "firewall_backend = \"$0\"" >/etc/libvirt/network.conf' "$1"
  check "restart with $1" '' restart_both
}
