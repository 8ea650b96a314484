# shellcheck shell=sh
# Somebody else's hook stays, and hookaot is called beside it.
printf "#!/bin/sh\necho \"\$@\" >>/tmp/called\n" >"$H"/qemu; chmod 755 "$H"/qemu
sha256sum "$H"/qemu >/tmp/qemu.sum
says "qemu is somebody else" /release/install.sh || fail "does not say so"
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
