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
rm "$H/config.json" "$H/config.json.before"

# An older package had a page under another name.
page=/usr/share/man/man5/config.json.5.gz
rpm -i --nodeps /release/hookaot-old.rpm
[ -e $page ] || fail "the older package has not brought its page"
rpm -U --nodeps /release/hookaot.rpm
[ ! -e $page ] && [ -e /usr/share/man/man5/hookaot.json.5.gz ] || fail "an upgrade leaves the page under its old name"
rpm -e hookaot

# A foreign hook stays.
printf "#!/bin/sh\n" >"$H/qemu"; chmod 755 "$H/qemu"
says "somebody else" rpm -i --nodeps /release/hookaot.rpm || fail "says nothing of the foreign hook"
[ -x "$H/qemu.d/50-hookaot" ] || fail "no link in qemu.d"
rpm -e hookaot
[ ! -e "$H/qemu.d" ] && [ -x "$H/qemu" ] || fail "qemu.d is left, or the foreign hook is gone"
rm "$H/qemu"
# One installation, not two.
/release/install.sh
says "one is enough" rpm -i --nodeps /release/hookaot.rpm || fail "the package installs a second one"
[ ! -e /usr/sbin/hookaot ] || fail "the package is installed beside install.sh's"
/release/install.sh --uninstall
