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
[ ! -e "$H/config.json" ] && [ ! -e "$H/config.json.before" ] || fail "the config is left after a purge"
# An older package had a page under another name.
page=/usr/share/man/man5/config.json.5.gz
dpkg -i /release/hookaot-old.deb
[ -e $page ] || fail "the older package has not brought its page"
dpkg -i /release/hookaot.deb
[ ! -e $page ] && [ -e /usr/share/man/man5/hookaot.json.5.gz ] || fail "an upgrade leaves the page under its old name"
dpkg -P hookaot
mkdir -p "$H" # here no libvirt has it
printf "#!/bin/sh\n" >"$H/qemu"; chmod 755 "$H/qemu"
says "somebody else" dpkg -i /release/hookaot.deb || fail "says nothing of the foreign hook"
[ -x "$H/qemu.d/50-hookaot" ] || fail "no link in qemu.d"
dpkg -P hookaot
[ ! -e "$H/qemu.d" ] && [ -x "$H/qemu" ] || fail "qemu.d is left, or the foreign hook is gone"

# The foreign hook goes, and the next upgrade takes its place.
dpkg -i /release/hookaot.deb; rm "$H/qemu"; dpkg -i /release/hookaot.deb
[ -L "$H/qemu" ] && [ ! -e "$H/qemu.d" ] || fail "it would be called twice: $(ls -R "$H")"
# A removal that dpkg breaks off.
/var/lib/dpkg/info/hookaot.prerm remove
[ ! -e "$H/qemu" ] || fail "prerm leaves the hook"
/var/lib/dpkg/info/hookaot.postinst abort-remove
[ -x "$H/qemu" ] || fail "no hook after a removal that was broken off"
# One installation, not two.
says "installed here as a package already" /release/install.sh || fail "install.sh installs a second one"
dpkg -P hookaot; mkdir -p "$H"
/release/install.sh
says "one is enough" dpkg -i /release/hookaot.deb || fail "the package installs a second one"
[ ! -e /usr/sbin/hookaot ] || fail "the package is installed beside install.sh's"
[ "$(readlink "$H/qemu")" = hookaot ] || fail "the package has replaced install.sh's hook"
/release/install.sh --uninstall
# No /etc/libvirt: libvirt comes later.
rmdir "$H" /etc/libvirt
dpkg -i /release/hookaot.deb; dpkg -r hookaot
[ ! -e /etc/libvirt ] || fail "left: $(find /etc/libvirt)"
dpkg -i /release/hookaot.deb; hookctrl machine add web; dpkg -r hookaot; dpkg -P hookaot
[ ! -e /etc/libvirt ] || fail "left after a purge: $(find /etc/libvirt)"
mkdir -p "$H"
