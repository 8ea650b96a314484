# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# What becomes of the network under guests that run.

story update "net-update"
story_update() {
  local host="<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>"
  mark
  check "a reservation" '' qemu net-update default add ip-dhcp-host "$host" --live
  check "hook" '' await_events 'network default updated'
  forwards reservation
  mark
  check "without it" '' qemu net-update default delete ip-dhcp-host "$host" --live
  check "hook" '' await_events 'network default updated'
  served "without it"
  shut net-update
}

# libvirt does not wait for the end of its dnsmasq, and net-start fails while that has the address.
net_destroy() {
  qemu net-destroy default
  shell 'for i in $(seq 100); do pgrep -x dnsmasq >/dev/null || break; sleep .1; done'
}

story network "net-destroy and net-start"
story_network() {
  expects 'virNetworkObjLookupPort'   # the ports of the guests that run went with the network
  mark
  net_destroy
  check "net-destroy: hook" '' await_events 'network default stopped'
  mark
  qemu net-start default
  check "net-start: hook" '' await_events 'network default started'
  lab attach
  # libvirt puts the guests back into the new bridge only when it restarts
  check "restart" '' restart_both
  lab await 2
  lab await 4
  lives net-start
  forwards net-start
  shut net-start
  qemu destroy test
  lxc destroy box
  net_destroy
  check "guests stopped, net-destroy: nothing of the hook is left" '^none$' ours_left
  qemu net-start default
  lab attach
  start_test & start_box &
  wait
  forwards "guests started in the new network"
}

story range "networks in the config: all that is translated or routed to the range is accepted"
story_range() {
  good_config '
    "networks": { "default": "192.168.122.0/24" },'
  check "apply" '' apply
  forwards networks
  check "a neighbour with a route reaches any port" 'OK tcp test 8080' from_outside tcp $test 8080
  check "restart" '' restart_both
  check "restart: a neighbour with a route reaches any port" 'OK tcp test 8080' from_outside tcp $test 8080
  good_config
  check "apply" '' apply
  shut "networks, gone"
}

story isolated "a guest's second NIC, in an isolated network"
story_isolated() {
  local address=192.168.123.2
  on_host sh -c 'cat >/run/closed.xml; virsh -q net-define /run/closed.xml; virsh -q net-start closed' <<XML
<network>
  <name>closed</name>
  <bridge name='virbr1' stp='off'/>
  <ip address='192.168.123.1' netmask='255.255.255.0'/>
</network>
XML
  plug 52:54:00:00:02:02 closed
  becomes "the VM has it" 'eth1' lab guest 2 'ls /sys/class/net'
  lab guest 2 "ip link set eth1 up; ip addr add $address/24 dev eth1"
  lab client ip route add 192.168.123.0/24 via $public
  write_config <<JSON
{ "machines": { "test": { "private_ip": "$address", "port_map": [[2222, 22]] } }, "public_ip": "$public" }
JSON
  check "apply" '' apply
  check "outside, as the host" "OK tcp test 22 peer 192.168.123.1:" from_outside tcp $public 2222
  check "host to its own public address" 'OK tcp test 22' from_host tcp $public 2222
  check "a guest of the other network" 'OK tcp test 22' from_veth tcp $public 2222
  refused "a neighbour with a route does not reach it past the forward" from_outside tcp $address 22 1
  refused "nor any other port of it" from_outside tcp $address 8080 1
  unplug 52:54:00:00:02:02 closed
  qemu net-destroy closed
  qemu net-undefine closed
  lab client ip route del 192.168.123.0/24
  good_config
  check "apply" '' apply
  served "without it"
}
