# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# What becomes of libvirt's daemon.

story sighup "SIGHUP"
story_sighup() {
  ours >"$LAB_HOME/ours.before"
  rules >"$LAB_HOME/rules.before"
  check "libvirt puts its rules in anew" '' reload
  same "the hook's rules are the same" "$LAB_HOME/ours.before" ours
  lives SIGHUP
  forwards SIGHUP
  shut SIGHUP
}

story restart "the daemon restarts"
story_restart() {
  ours >"$LAB_HOME/ours.before"
  check "the daemon and its guests are back" '' restart_both
  same "the hook's rules are the same" "$LAB_HOME/ours.before" ours
  lives restart
  forwards restart
  shut restart
  check "nothing of the hook is left running" '^none$' left_running
}

story dead "the daemon dies by SIGKILL, and guests die while it is away"
story_dead() {
  expects 'monitor'
  shell 'kill -9 "$(cat /run/libvirtd.pid)"'
  served "no daemon"
  mark
  lab start
  check "the daemon and its guests are back" '' await_events "network default port-created" "qemu test reconnect" \
    "lxc box reconnect"
  lives "killed daemon"
  forwards "killed daemon"
  lab stop
  shell 'kill -9 "$(cat /run/libvirt/qemu/test.pid)"'
  mark
  lab start
  check "a VM that died meanwhile: hook" '' await_events 'qemu test release' 'lxc box reconnect'
  refused "died VM: TCP is not forwarded" from_outside tcp $public 2222 1
  refused "died VM: UDP is not forwarded" from_outside udp $public 5353 1
  check "the container's forward stays" 'OK tcp box 22' from_outside tcp $public 2224
  start_test
  served "VM started again"
}

story broken "the config is broken during SIGHUP, restart and start"
story_broken() {
  lab syslog >"$LAB_HOME/syslog.before"
  write_config <<<'{ "machines": { "test": { "private_ip": '
  check "SIGHUP" '' reload
  served "SIGHUP"
  check "the daemon and its guests are back" '' restart_both
  lives restart
  forwards restart
  check "the log names the file" "config\\.json" log_since "$LAB_HOME/syslog.before"
  check "hookctrl check refuses it" 'refused' shell 'hookctrl check >&2 || echo refused'
  lxc destroy box
  check "a guest starts nevertheless" '' start_box
  served "guest started"
  good_config
  check "apply" '' apply
}

story strict "strict: a broken config refuses a start, and stops no guest that runs"
story_strict() {
  expects 'Hook script execution failed|/hooks/lxc'
  good_config '
    "strict": true,'
  check "apply" '' apply
  lxc destroy box
  write_config <<<'{ "strict": true, "machines": {{'
  check "broken: a guest is refused" 'refused' shell 'virsh -q -c lxc:///system start box >&2 || echo refused'
  check "broken: restart" '' restart "qemu test"
  check "broken: the running VM lives" '^running' qemu domstate test
  good_config
  check "strict no more: the guest starts" '' start_box
  served "strict no more"
}
