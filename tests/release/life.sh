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
page=/usr/local/share/man/man5/config.json.5
echo '.TH CONFIG.JSON 5 2026-11-23 "HookAot 0.1.0" "File Formats"' >$page # as 0.1 has installed it
/release/install.sh # again is the same
has_rule web || fail "no rule after the second installation"
[ ! -e $page ] || fail "the page under its old name is left"
echo '.TH CONFIG.JSON 5 2026-11-23 "Another 1.0"' >$page
/release/install.sh
rm $page || fail "somebody else's page of that name is gone"
event qemu web stopped
has_rule web && fail "a rule is left"
event qemu web start
/release/install.sh --uninstall --purge
iptables-save | grep HOOKAOT && fail "rules are left"
[ ! -e /run/hookaot ] || fail "/run/hookaot is left"
