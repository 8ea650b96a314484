# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# What the administrator changes while guests run.

story byhand "the config is edited by hand"
story_byhand() {
  good_config '
    "comment": "edited",'
  on_host sed -i 's/\["2222", "22"\]/["2223", "8080"], ["2222", "22"]/' $hooks/config.json
  refused "not in force yet" from_outside tcp $public 2223 1
  lxc destroy box
  start_box
  check "another guest's event puts it in force" 'OK tcp test 8080' from_outside tcp $public 2223
  good_config
  check "apply" '' apply
  refused "and apply takes it out" from_outside tcp $public 2223 1
  served "by hand"
}

story hookctrl "the config is edited by hookctrl"
story_hookctrl() {
  check "port add" '' on_host hookctrl port add test 2223:8080
  check "the new forward works at once" 'OK tcp test 8080' from_outside tcp $public 2223
  check "the administrator's comment is still there" 'written by an administrator' on_host cat $hooks/config.json
  check "port remove" '' on_host hookctrl port remove test 2223:8080
  refused "and ends at once" from_outside tcp $public 2223 1
  served hookctrl
  check "status finds no drift" 'test .* active' on_host hookctrl status
  check "doctor finds nothing" 'nothing on this host stops it' on_host hookctrl doctor test
}

story upgrade "the binary is replaced while guests run"
story_upgrade() {
  shell 'cp -p "$0/hookaot" "$0/hookaot.new" && mv "$0/hookaot.new" "$0/hookaot"' $hooks
  served replaced
  lxc destroy box
  refused "replaced: stopped container" from_outside tcp $public 2224 1
  start_box
  served "replaced, guest started"
  check "install.sh once more" 'hookctrl' on_host sh -c 'cd /tmp/release && ./install.sh'
  quiet
  check "SIGHUP of install.sh: the recorder is still the last" '' reload
  served "installed once more"
}

story record "the record is lost"
story_record() {
  shell 'rm -r /run/hookaot'
  lxc destroy box
  refused "stopped container" from_outside tcp $public 2224 1
  check "the VM's forward stays" 'OK tcp test 22' from_outside tcp $public 2222
  start_box
  shell 'rm -r /run/hookaot'
  check "apply finds the guests" '' apply
  served "without a record"
}
