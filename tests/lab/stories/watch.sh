# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # text for other shells; variables of tests/lab/checks.sh
# Nobody runs apply: hookctrl watch.

start_watch() {
  shell 'hookctrl watch </dev/null >/lab-log/watch 2>&1 &'
  becomes "the watcher runs" 'hookctrl' on_host pgrep -a hookctrl
  becomes "status knows of it" '^backend' shell \
    'hookctrl status >/tmp/status; ! grep watcher: /tmp/status && cat /tmp/status'
}

# firewalld before 2.0 empties all tables of iptables when it reloads. libvirt hears of it by D-Bus, and has its own
# rules back; nobody runs a command for ours.
firewalld_reloads() {
  shell 'mkdir -p /run/dbus && dbus-uuidgen --ensure && dbus-daemon --system --fork'
  shell 'firewalld --nofork --nopid </dev/null >/lab-log/firewalld 2>&1 &'
  becomes "firewalld runs" '^running' on_host firewall-cmd --state
  check "restart beside firewalld" '' restart_both
  forwards "beside firewalld"
  check "firewall-cmd --reload" 'success' on_host firewall-cmd --reload
  becomes "after it the forwards are back" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
  forwards "after firewall-cmd --reload"
  shell 'pkill firewalld' # libvirtd would end with its D-Bus
  becomes "firewalld is gone" 'gone' shell '! pgrep firewalld >/dev/null && echo gone'
}

story watch "a first lease, a flush and an edit, and nobody runs apply"
story_watch() {
  expects 'virNetfilter|iptables|Failed to (apply|run) firewall'
  start_watch
  write_config <<JSON
{ "machines": { "test": { "private_ip": "$test", "port_map": [[2222, 22]] },
  "second": { "port_map": [[2322, 22]] } }, "public_ip": "$public" }
JSON
  becomes "the edited config is in force: the container's forward is gone" 'FAIL' shell \
    "/lab/probe tcp $public 2224 1 || true"
  lab vm second 3 dhcp
  becomes "a first lease: outside, TCP" "OK tcp second 22 peer $outside:" from_outside tcp $public 2322
  check "a second watcher says so" 'a watcher runs already' shell 'hookctrl watch; [ $? -eq 1 ]'
  qemu destroy second
  qemu undefine second
  good_config
  becomes "the config from before is in force" "OK tcp box 22 peer $outside:" from_outside tcp $public 2224
  for damage in 'nft flush ruleset' 'for t in filter nat raw; do iptables -t $t -F; iptables -t $t -X; done'; do
    shell "$damage"
    becomes "$damage: the forwards are back" "OK tcp test 22 peer $outside:" from_outside tcp $public 2222
    forwards "$damage"
  done
  [ "$flavour" != bookworm ] || firewalld_reloads
  shell 'pkill -f "hookctrl watch"'
  # libvirt's own rules as well.
  check "restart" '' restart_both
  forwards "without the watcher"
  shut "without the watcher"
}
