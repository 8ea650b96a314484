# shellcheck shell=sh
# Install, forward, stop, remove.
/release/install.sh
[ -x "$H/qemu" ] && [ -x /usr/local/sbin/hookctrl ] || fail "not installed"
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80 53:53/udp
event qemu web start
has_rule web || fail "no rule after start"
echo 1 >/proc/sys/net/ipv4/ip_forward
hookctrl status || fail status
hookctrl list | grep -q 8080 || fail list
[ "$(hookctrl apply)" = "nothing to change" ] || fail "a second apply changes something"
/release/install.sh # again is the same
has_rule web || fail "no rule after the second installation"
event qemu web stopped
has_rule web && fail "a rule is left"
event qemu web start
/release/install.sh --uninstall --purge
iptables-save | grep HOOKAOT && fail "rules are left"
[ ! -e /run/hookaot ] || fail "/run/hookaot is left"
