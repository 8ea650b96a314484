# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests/lab/checks.sh
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
  mark
  check "a name in its DNS" '' qemu net-update default add dns-host \
    "<host ip='192.168.122.7'><hostname>seven</hostname></host>" --live
  check "hook" '' await_events 'network default updated'
  served "a name in its DNS"
  shut net-update
}

story network "net-destroy and net-start"
story_network() {
  expects 'virNetworkObjLookupPort'   # the ports of the guests that run went with the network
  mark
  qemu net-destroy default
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
  qemu net-destroy default
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
