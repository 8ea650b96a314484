# shellcheck shell=sh
# Into another root, with nothing of libvirt's in it; and into one that has no name.
mkdir "/tmp/an image"
(cd /tmp && /release/install.sh --root "an image/")
I="/tmp/an image"
[ "$(readlink "$I/usr/local/sbin/hookctrl")" = /etc/libvirt/hooks/hookaot ] || fail "no hookctrl"
[ -x "$I$H/hookaot" ] && [ "$(readlink "$I$H/qemu")" = hookaot ] || fail "not installed"
[ ! -e "$H/hookaot" ] || fail "installed outside of it"
DESTDIR=$I /release/install.sh --uninstall --purge
[ -z "$(ls "$I")" ] || fail "left in it: $(find "$I")"
for arguments in "--root" "--root="; do
  code=0; /release/install.sh $arguments 2>/dev/null || code=$?
  [ $code -eq 2 ] || fail "$arguments ends with $code"
done
code=0; /release/install.sh --root "" 2>/dev/null || code=$?
[ $code -eq 2 ] || fail "an empty --root ends with $code"
rmdir "$I"

# No /etc/libvirt: libvirt comes later.
rmdir "$H" /etc/libvirt
/release/install.sh
/release/install.sh --uninstall
[ ! -e /etc/libvirt ] || fail "left: $(find /etc/libvirt)"
mkdir -p "$H"
