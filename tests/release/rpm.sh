# shellcheck shell=sh
# The .rpm: installed, used, upgraded to itself, removed.
rpm -i --nodeps /release/hookaot.rpm
test -x /usr/sbin/hookctrl && test -e "$H/qemu" || fail "not installed"
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
event qemu web start
has_rule web || fail "no rule after start"
rpm -U --nodeps --force /release/hookaot.rpm
has_rule web || fail "an upgrade took the rules out"
rpm -e hookaot
iptables-save | grep HOOKAOT && fail "rules are left"
[ ! -e "$H/qemu" ] && [ -e "$H/config.json" ] || fail "the hook is left, or the config is gone"
rm "$H/config.json"
