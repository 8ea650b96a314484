# shellcheck shell=sh
# A hook may be a copy of the binary or a hard link to it; an upgrade to another one makes links of them.
newer_release
cp /release/hookaot-linux-x64 "$H/hookaot"
ln "$H/hookaot" "$H/qemu"
cp "$H/hookaot" "$H/lxc"
ln -s /etc/libvirt/hooks/hookaot "$H/network"
output=$(/tmp/new/install.sh 2>&1) || fail "$output"
case $output in *"somebody else"*) fail "$output" ;; esac
for driver in qemu lxc; do [ "$(readlink "$H/$driver")" = hookaot ] || fail "$driver is not a link"; done
[ ! -e "$H/qemu.d" ] || fail "it would be called twice"
/tmp/new/install.sh --uninstall; rm -r /tmp/new
