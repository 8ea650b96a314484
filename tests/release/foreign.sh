# shellcheck shell=sh
# A foreign hook stays, and hookaot is called beside it.
printf "#!/bin/sh\necho \"\$@\" >>/tmp/called\n" >"$H"/qemu; chmod 755 "$H"/qemu
sha256sum "$H"/qemu >/tmp/qemu.sum
sbin=''; [ -d /usr/local/sbin ] || { mkdir /usr/local/sbin; sbin=made; }
ln -s /opt/their/hookctrl /usr/local/sbin/hookctrl
says "qemu is somebody else" /release/install.sh || fail "does not say so"
says "sbin/hookctrl is somebody else" /release/install.sh || fail "does not say so of hookctrl"
/release/install.sh --uninstall
[ "$(readlink /usr/local/sbin/hookctrl)" = /opt/their/hookctrl ] || fail "the foreign hookctrl is gone"
rm /usr/local/sbin/hookctrl
[ -z "$sbin" ] || rmdir /usr/local/sbin
/release/install.sh
sha256sum -c /tmp/qemu.sum || fail "the foreign hook was changed"
[ "$(readlink "$H"/qemu.d/50-hookaot)" = ../hookaot ] || fail "no link in qemu.d"
[ "$(readlink "$H"/lxc)" = hookaot ] || fail "no link lxc"
hookctrl machine add web --private-ip 192.168.122.2 && hookctrl port add web 8080:80
event qemu.d/50-hookaot web start
has_rule web || fail "qemu.d/50-hookaot does nothing"
/release/install.sh --uninstall --purge
[ ! -e "$H"/qemu.d ] || fail "qemu.d is left"
sha256sum -c /tmp/qemu.sum || fail "the foreign hook was changed"
rm "$H"/qemu /tmp/qemu.sum
