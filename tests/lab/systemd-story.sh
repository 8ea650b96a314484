#!/bin/bash
# The service on a systemd that runs, in the host of systemd-boot.sh: systemd-story.sh install|deb|rpm|watchdog.
# Connections are real: from the client of neighbour-world.sh to the guest `a`.
# shellcheck disable=SC2154,SC2086,SC2034,SC1091 # neighbour-world.sh has what is not here, and reads what is set here
set -u
here=$(dirname "$0")
. "$here/neighbour-world.sh"
libvirt=iptables backend=auto story=$1 how=${1/watchdog/install}
watch="/etc/libvirt/hooks/hookaot hookctrl watch"
[ "$how" = install ] || watch="/usr/sbin/hookctrl watch"

# ---- what is asked

arrives() { poll_quietly at client probe tcp $public 2222; }
poll_quietly() { # COMMAND...; its last output is printed
  local i seen
  for ((i = 0; i < 200; i++)); do
    seen=$("$@" 2>&1) && break
    sleep .05
  done
  echo "$seen"
}
# forwarded TEXT    a connection arrives, now or within ten seconds
forwarded() { check "$1: a connection arrives" 'OK tcp a 22 peer 192.168.0.50:' arrives; }
closed() { check "$1: no connection arrives" '^(FAIL|$)' in_vain at client probe tcp $public 2222 1; }
in_vain() { if "$@"; then return 1; fi; true; }
property() { systemctl show -P "$1" hookaot.service; }
is() { # TEXT PROPERTY VALUE
  check "$1" "^$3\$" property "$2"
}
becomes() { # TEXT PROPERTY VALUE; within ten seconds
  local i
  for ((i = 0; i < 200; i++)); do [[ $(property "$2") =~ ^$3$ ]] && break; sleep .05; done
  is "$@"
}
restarted() { # TEXT, with $pid of before
  local i
  for ((i = 0; i < 200; i++)); do
    [ "$(property MainPID)" != "$pid" ] && [ "$(property ActiveState)" = active ] && break
    sleep .05
  done
  check "$1: it is another process" "^active [^0]" other_process
}
other_process() { [ "$(property MainPID)" != "$pid" ] && echo "$(property ActiveState) $(property MainPID)"; }
no_rules() { ! { iptables-save; nft list ruleset; } 2>/dev/null | grep -i hookaot; }

# ---- how it comes and goes

put_in() {
  case $how in
    install) /release/install.sh ;;
    deb) dpkg -i /release/hookaot.deb ;;
    rpm) if rpm -q hookaot; then rpm -U --nodeps --force /release/hookaot.rpm; else
      rpm -i --nodeps /release/hookaot.rpm; fi ;;
  esac
}
take_out() {
  case $how in
    install) /release/install.sh --uninstall ;;
    deb) dpkg -r hookaot ;;
    rpm) rpm -e hookaot ;;
  esac
}

prepare() {
  rm -f $hooks/hookaot
  mkdir -p /run/libvirt/{qemu,network} /var/lib/libvirt/dnsmasq
  cat >$hooks/config.json <<'END'
{ "machines": { "a": { "private_ip": "192.168.122.2", "localhost": true, "port_map": [[2222, 22]] } } }
END
  # libvirt has started it before it has seen the hook.
  echo "<domstatus state='running' pid='1'>$(domain a vnet0)</domstatus>" >/run/libvirt/qemu/a.xml
  libvirt_rules
}

life() {
  check "$how: it is put in" '' put_in
  is "it runs" ActiveState active
  check "it starts at boot" '^enabled$' systemctl is-enabled hookaot.service
  check "it is the command" "$watch" property ExecStart
  forwarded "a guest that ran before"

  pid=$(property MainPID)
  check "$how: an upgrade" '' put_in
  restarted "an upgrade"
  forwarded "after an upgrade"
}

end() {
  check "$how: it is taken out" '' take_out
  check "nothing of it runs" '^(inactive|unknown)$' inactive
  check "no rule is left, and none comes back" '' sh -c 'sleep 1'
  check "no rule is left" '' no_rules
  check "no other file is left in /run" '' test ! -e /run/hookaot
  closed "after it is taken out"
}
inactive() { systemctl is-active hookaot.service || true; }

# ---- what happens to it

reloads() {
  must systemctl start nftables.service
  forwarded "nftables.service is started"
  # Without it, a reload is felt.
  must systemctl stop hookaot.service
  forwarded "stopped, everything stays"
  check "stopped, what it shares with the hook stays" '' test -e /run/hookaot/lock
  must systemctl reload nftables.service
  closed "nftables.service is reloaded while it is stopped"
  must systemctl start hookaot.service
  forwarded "started again"

  must systemctl reload nftables.service
  forwarded "nftables.service is reloaded"
  must systemctl restart nftables.service
  forwarded "nftables.service is restarted"
  must systemctl stop nftables.service
  rm -rf /run/hookaot
  must nft flush ruleset
  forwarded "/run/hookaot and all rules are gone"
  check "/run/hookaot is made again" '' poll_quietly test -e /run/hookaot/lock

  must systemctl start firewalld.service
  forwarded "firewalld is started"
  must firewall-cmd -q --reload
  forwarded "firewalld is reloaded"
  must systemctl stop firewalld.service
  forwarded "firewalld is stopped"
}

# It has to write them itself, through what is read-only around them.
settings() {
  br_netfilter 1
  must systemctl stop hookaot.service
  must nft flush ruleset
  echo 0 >/proc/sys/net/ipv4/conf/virbr0/route_localnet
  echo 0 >/sys/class/net/vnet0/brport/hairpin_mode
  must systemctl start hookaot.service
  check "localhost: a connection to 127.0.0.1 arrives" 'OK tcp a 22 ' probe tcp 127.0.0.1 2222
  check "br_netfilter: the guest's port is in hairpin mode" '^1$' cat /sys/class/net/vnet0/brport/hairpin_mode
  check "no other file can be written" 'Read-only' refuses touch /etc/made
  check "nor another setting" 'Read-only' refuses sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  check "nor what systemd would run" 'Read-only' refuses touch /run/systemd/system/made
  br_netfilter 0
  check "its log is in the journal" 'hookaot\[' journalctl -t hookaot --no-pager
}
refuses() { ! nsenter -t "$(property MainPID)" -m "$@"; } # COMMAND...; where it sees the host as the service does

accidents() {
  pid=$(property MainPID)
  must kill -KILL "$pid"
  restarted "killed"
  must nft flush ruleset
  forwarded "killed, then all rules are gone"

  check "a second one says so, and ends" 'running|runs' second
  is "the first one goes on" ActiveState active

  # While another one runs it does not start, and is given up.
  drop_in 'RestartSec=100ms'
  must systemctl stop hookaot.service
  $watch >/run/other.log 2>&1 &
  other=$!
  sleep .5
  systemctl start hookaot.service 2>/dev/null
  becomes "beside another one it is given up" ActiveState failed
  kill $other
  wait $other
  must systemctl reset-failed hookaot.service
  must systemctl start hookaot.service
  is "it starts where the other one has ended" ActiveState active

  rm -r /etc/systemd/system/hookaot.service.d
  must systemctl daemon-reload
}

# It hangs at work, which a lock that is held makes long. Its watchdog takes two minutes.
hang() {
  becomes "asleep it has no watchdog" WatchdogUSec '(0|infinity)'
  pid=$(property MainPID)
  flock /run/hookaot/lock sleep 20 &
  must nft flush ruleset
  becomes "at work it has one" WatchdogUSec 2min
  must kill -STOP "$pid"
  check "the watchdog has ended it" 'watchdog' ended_by_watchdog
  restarted "it hung"
  forwarded "it hung"
}
ended_by_watchdog() {
  local i
  for ((i = 0; i < 150; i++)); do
    journalctl -u hookaot.service --no-pager | grep "Failed with result 'watchdog'" && return
    sleep 1
  done
  return 1
}
second() { timeout 10 $watch && return 1; [ $? -eq 1 ]; }
drop_in() { # LINE
  mkdir -p /etc/systemd/system/hookaot.service.d
  printf '[Service]\n%s\n' "$1" >/etc/systemd/system/hookaot.service.d/test.conf
  must systemctl daemon-reload
}

# A stop while a tool is at work.
stop_at_work() {
  printf '#!/bin/sh\necho started >/run/slow\nsleep 1\nexec /usr/sbin/iptables-restore "$@"\n' \
    >/usr/local/sbin/iptables-restore
  chmod 755 /usr/local/sbin/iptables-restore
  ln -s /usr/sbin/iptables /usr/sbin/iptables-save /usr/local/sbin
  must systemctl restart hookaot.service
  rm -f /run/slow
  must nft flush ruleset
  poll test -e /run/slow
  must systemctl stop hookaot.service
  forwarded "stopped within a commit, which is ended"
  rm -f /usr/local/sbin/iptables*
  must systemctl start hookaot.service
}

# Its lock is made in /run, and its modules are loaded by the kernel.
legacy() {
  must systemctl stop hookaot.service
  must hookctrl apply --stop-all
  must nft flush ruleset
  must update-alternatives --set iptables /usr/sbin/iptables-legacy
  must update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy
  rm -f /run/xtables.lock
  must systemctl start hookaot.service
  check "it makes the lock of iptables-legacy" "" test -e /run/xtables.lock
  forwarded "iptables-legacy"
  check "by its own rules" HOOKAOT-DNAT iptables-legacy-save
  must systemctl stop hookaot.service
  must hookctrl apply --stop-all
  must update-alternatives --set iptables /usr/sbin/iptables-nft
  must update-alternatives --set ip6tables /usr/sbin/ip6tables-nft
  must systemctl start hookaot.service
}

section "$story, systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"
network_up
prepare
life
if [ "$story" = watchdog ]; then
  hang
elif [ "$how" = install ]; then
  settings
  reloads
  accidents
  stop_at_work
  legacy
else
  must nft flush ruleset
  forwarded "all rules are gone"
fi
end
echo "# end"
