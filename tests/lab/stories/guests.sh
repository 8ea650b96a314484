# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# What becomes of a guest.

story life "both guests start at once, live and stop"
story_life() {
  lxc destroy box
  refused "stopped container: not forwarded" from_outside tcp $public 2224 1
  check "the VM's forward stays" 'OK tcp test 22' from_outside tcp $public 2222
  qemu destroy test
  refused "stopped VM: not forwarded" from_outside tcp $public 2222 1
  check "no rule, chain or table of the hook is left" '^none$' ours_left
  same "the rules are those from before" "$LAB_HOME/rules.empty" rules
  check "nothing of the hook is left running" '^none$' left_running
  lab syslog >"$LAB_HOME/syslog.before"
  start_test & start_box &
  wait
  lives start
  forwards start
  shut start
  check "the hook says so in syslog" 'libvirt-hook-(qemu|lxc)\[[0-9]+\]' log_since "$LAB_HOME/syslog.before"
  check "nothing of the hook is left running" '^none$' left_running
  ours >"$LAB_HOME/ours.steady"
  check "the rules are there" "test|2222" cat "$LAB_HOME/ours.steady"
  check "hookctrl apply" '' apply
  same "a second converge changes nothing" "$LAB_HOME/ours.steady" ours
}

story flow "a UDP flow that is older than the guest"
story_flow() {
  qemu destroy test
  refused "before the guest" outside_as $outside:40000 udp $public 5353 1
  start_test
  check "a new flow reaches the guest" "OK udp test 53" from_outside udp $public 5353
  check "the same flow reaches the guest" 'OK udp test 53' outside_as $outside:40000 udp $public 5353
}

story pause "suspend and resume"
story_pause() {
  qemu suspend test
  refused "a suspended VM does not answer" from_outside tcp $public 2222 1
  check "the container's forward stays" 'OK tcp box 22' from_outside tcp $public 2224
  qemu resume test
  becomes "resumed" 'OK tcp test 22' from_outside tcp $public 2222
  lxc suspend box
  lxc resume box
  becomes "resumed container" 'OK tcp box 22' from_outside tcp $public 2224
}

story reboot "reboot, reset, and shutdown by the power button"
story_reboot() {
  local before verb
  for verb in reboot reset; do
    before=$(boot_id 2)
    qemu "$verb" test
    becomes "$verb: the VM boots anew" "^[^ ]*-" other_boot "$before"
    check "$verb: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  done
  qemu shutdown test
  becomes "shutdown" '^shut off' domain_state test
  refused "shutdown: not forwarded" from_outside tcp $public 2222 1
  start_test
  served "after a shutdown"
}
other_boot() { from_host tcp $test 22 1 >/dev/null && boot_id 2 | grep -vF "$1"; }

story save "save and restore, managed save, destroy"
story_save() {
  local before
  before=$(boot_id 2)
  check "save" '' qemu save test /run/test.save
  refused "saved: not forwarded" from_outside tcp $public 2222 1
  check "restore" '' qemu restore /run/test.save
  becomes "restored: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "restored: outside, UDP" "OK udp test 53 peer $outside:" from_outside udp $public 5353
  check "restored: the same boot" "^$before" boot_id 2
  check "managedsave" '' qemu managedsave test
  refused "managedsave: not forwarded" from_outside tcp $public 2222 1
  check "start from it" '' start_test
  check "managedsave: the same boot" "^$before" boot_id 2
  served managedsave
  qemu destroy test
  refused "destroyed: not forwarded" from_outside tcp $public 2222 1
  start_test
  served "after a destroy"
}

story kill "a VM and a container die by SIGKILL"
story_kill() {
  expects 'monitor'
  mark
  shell 'kill -9 "$(cat /run/libvirt/qemu/test.pid)"'
  check "killed VM: hook" '' await_events 'qemu test release'
  refused "killed VM: not forwarded" from_outside tcp $public 2222 1
  check "the container's forward stays" 'OK tcp box 22' from_outside tcp $public 2224
  mark
  shell 'kill -9 "$(pgrep -P "$(cat /run/libvirt/lxc/box.pid)")"'
  check "killed container: hook" '' await_events 'lxc box release'
  refused "killed container: not forwarded" from_outside tcp $public 2224 1
  check "no rule, chain or table of the hook is left" '^none$' ours_left
  start_test & start_box &
  wait
  served "after the kill"
}

story nic "a NIC is plugged in and unplugged"
story_nic() {
  plug 52:54:00:00:02:02
  served "a second NIC"
  unplug 52:54:00:00:02:02
  served "without it"
  unplug 52:54:00:00:00:02
  refused "without its first NIC" from_outside tcp $public 2222 1
  plug 52:54:00:00:00:02
  lab await 2
  forwards "with its first NIC again"
}
plug() { # MAC [NETWORK]
  mark
  qemu attach-interface test network "${2:-default}" --mac "$1" --model virtio --live
  check "plugged in: hook" '' await_events "network ${2:-default} port-created"
}
unplug() { # MAC [NETWORK]
  mark
  qemu detach-interface test network --mac "$1" --live
  check "unplugged: hook" '' await_events "network ${2:-default} port-deleted"
}

story rename "a stopped VM gets another name"
story_rename() {
  qemu destroy test
  qemu domrename test web
  qemu start web
  lab await 2
  refused "no entry names it now" from_outside tcp $public 2222 1
  on_host sed -i 's/"test": /"web": /' $hooks/config.json
  check "apply" '' apply
  check "its entry has the new name too: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  qemu destroy web
  refused "stopped: not forwarded" from_outside tcp $public 2222 1
  qemu domrename web test
  good_config
  start_test
  served "with its old name"
}

story two "two VMs start at once"
story_two() {
  check "hookctrl machine add" '' on_host hookctrl machine add second --private-ip $second
  check "hookctrl port add" '' on_host hookctrl port add second 2322:22
  qemu destroy test
  lab vm second 3 & start_test &
  wait
  check "outside to the second" "OK tcp second 22 peer $outside:" from_outside tcp $public 2322
  check "the first to the second" "OK tcp second 22" from_guest 2 tcp $public 2322
  check "the second to the first" "OK tcp test 22" from_guest 3 tcp $public 2222
  check "the second to itself" "OK tcp second 22" from_guest 3 tcp $public 2322
  served "two VMs"
  qemu destroy second
  refused "the second stopped: not forwarded" from_outside tcp $public 2322 1
  served "the second stopped"
  qemu undefine second
  good_config
  check "apply" '' apply
}

story lease "an address from a reservation, and one from a lease"
story_lease() {
  write_config <<JSON
{ "machines": { "test": { "port_map": [[2222, 22]] }, "second": { "port_map": [[2322, 22]] } }, "public_ip": "" }
JSON
  qemu net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:02' ip='$test'/>" --live
  check "apply" '' apply
  check "reservation: outside, TCP" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  check "public_ip \"\": the host's other address as well" 'OK tcp test 22' from_outside tcp $other_public 2222
  refused "the container's entry is gone, and so is its forward" from_outside tcp $public 2224 1
  lab vm second 3 dhcp
  check "lease: apply" 'second: .*2322/tcp' apply
  check "lease: outside, TCP" "OK tcp second 22 peer $outside:" from_outside tcp $public 2322
  qemu destroy second
  qemu undefine second
  qemu net-update default delete ip-dhcp-host "<host mac='52:54:00:00:00:02' ip='$test'/>" --live
  good_config
  check "apply" '' apply
  served "with private_ip again"
}
