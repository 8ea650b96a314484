# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# Live migration between two such hosts, which have one config and one container each.

story migration "live migration there and back"
story_migration() {
  mkdir -p "$other_home"
  there up "$backend" || { result 1 "the other host is up"; return; }
  tests/lab/libvirt-host.sh "$flavour" join "$other_home"
  on_host tar -cC / tmp/release etc/libvirt/hooks | there exec tar -xC /
  there exec sh -c 'cd /tmp/release && ./install.sh' >/dev/null
  there record
  there container box 4
  check "there: its container is forwarded" 'OK tcp box 22' outside_there tcp $public 2224
  refused "there: the VM is not, yet" outside_there tcp $public 2222 1

  check "migrate" '' timeout 60 tests/lab/libvirt-host.sh "$flavour" exec \
    virsh -q migrate --live test qemu+tcp://10.77.0.2/system tcp://10.77.0.2
  becomes "there: outside, TCP" "OK tcp test 22 peer $outside:" outside_there tcp $public 2222
  check "there: outside, UDP" "OK udp test 53 peer $outside:" outside_there udp $public 5353
  check "there: the container's forward stays" 'OK tcp box 22' outside_there tcp $public 2224
  check "there: hairpin" 'OK tcp test 22' there guest 2 "probe tcp $public 2222"
  refused "here: not forwarded" from_outside tcp $public 2222 1
  check "here: the container's forward stays" 'OK tcp box 22' from_outside tcp $public 2224
  check "here: no forward of the VM is left" '^none$' shell '
    { iptables-save; nft list ruleset; } 2>/dev/null | grep -F "192.168.122.2:" || echo none'

  check "migrate back" '' timeout 60 env LAB_HOME="$other_home" tests/lab/libvirt-host.sh "$flavour" exec \
    virsh -q migrate --live test qemu+tcp://10.77.0.1/system tcp://10.77.0.1
  becomes "back: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "back: the container's forward stays" 'OK tcp box 22' from_outside tcp $public 2224
  refused "there: not forwarded" outside_there tcp $public 2222 1
  check "there: the container's forward stays" 'OK tcp box 22' outside_there tcp $public 2224
  there exec virsh -q -c lxc:///system destroy box
  there exec sh -c '{ iptables-save; ip6tables-save; nft list ruleset; } 2>/dev/null' >"$LAB_HOME/there.left"
  check "there: no rule, chain or table of the hook is left" '^none$' sh -c 'grep -i hookaot "$0" || echo none' \
    "$LAB_HOME/there.left"
  complaints 0 '^$' there
  there down
}
other_home=$LAB_HOME/other
there() { LAB_HOME=$other_home timeout 180 tests/lab/libvirt-host.sh "$flavour" "$@"; }
outside_there() { there client probe "$@"; }
