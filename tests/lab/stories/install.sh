# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# The first story and the last one.

story install "installed while guests run"
story_install() {
  lab vm test 2 & lab container box 4 &
  wait
  lives "no hook"
  refused "no hook: not forwarded" from_outside tcp $public 2222 1
  tar -c install.sh src/config.schema.json src/man -C "$(dirname "$binary")" hookaot | on_host sh -ec '
    mkdir -p /tmp/release "$0"
    cd /tmp/release
    tar -x' "$hooks"
  check "install.sh" 'installed hookaot' on_host sh -c 'cd /tmp/release && ./install.sh'
  quiet   # it tells libvirt by SIGHUP
  good_config
  check "apply finds the guests that run" '^[+] test: .*2222/tcp' apply
  lab record
  lab reload   # of which the recorder's hook of the daemon is not told yet
  quiet
  check "the recorder is there" '' reload
  lives install
  forwards install
  shut install
}

story uninstall "all guests stop; uninstalled while one runs"
story_uninstall() {
  lxc destroy box
  qemu destroy test
  check "no rule, chain or table of the hook is left" '^none$' ours_left
  same "the rules are those from before" "$LAB_HOME/rules.empty" rules
  check "nothing of the hook is left running" '^none$' left_running
  start_test
  check "outside, TCP" 'OK tcp test 22' from_outside tcp $public 2222
  check "install.sh --uninstall" 'is kept' on_host sh -c 'cd /tmp/release && ./install.sh --uninstall'
  refused "its forward is gone" from_outside tcp $public 2222 1
  quiet   # told by SIGHUP, libvirt puts its own rules in anew
  check "no rule, chain or table of the hook is left" '^none$' ours_left
  same "the rules are those from before" "$LAB_HOME/rules.empty" rules
  check "only the config is left, and what undo needs" '^config.json( config.json.before)?$' \
    shell "ls $hooks | grep -v '[.]d$' | tr '\\n' ' ' | sed 's/ $//'"
}
