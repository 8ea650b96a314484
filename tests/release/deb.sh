# shellcheck shell=sh
# The .deb: installed, used, upgraded to itself, removed, purged.
dpkg -i /release/hookaot.deb
test -x /usr/sbin/hookctrl && test -e "$H/qemu" || fail "not installed"
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
event qemu web start
has_rule web || fail "no rule after start"
dpkg -i /release/hookaot.deb
has_rule web || fail "an upgrade took the rules out"
dpkg -r hookaot
iptables-save | grep HOOKAOT && fail "rules are left"
[ ! -e "$H/qemu" ] && [ -e "$H/config.json" ] || fail "the hook is left, or the config is gone"
dpkg -P hookaot
[ ! -e "$H/config.json" ] || fail "the config is left after a purge"
printf "#!/bin/sh\n" >"$H/qemu"; chmod 755 "$H/qemu"
says "somebody else" dpkg -i /release/hookaot.deb || fail "says nothing of the foreign hook"
[ -x "$H/qemu.d/50-hookaot" ] || fail "no link in qemu.d"
dpkg -P hookaot
[ ! -e "$H/qemu.d" ] && [ -x "$H/qemu" ] || fail "qemu.d is left, or the foreign hook is gone"
rm "$H/qemu"
