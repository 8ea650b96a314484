# shellcheck shell=sh
# A host whose /usr cannot be written to.
mount -o bind /usr /usr && mount -o remount,bind,ro /usr
/release/install.sh 2>/tmp/said || fail "$(cat /tmp/said)"
grep -q "cannot be written to" /tmp/said || fail "does not say so"
$H/hookaot hookctrl machine add web --private-ip 192.168.122.2 && $H/hookaot hookctrl port add web 8080:80
event qemu web start; has_rule web || fail "no rule"
/release/install.sh --uninstall --purge
umount -l /usr; rm /tmp/said
