# shellcheck shell=sh
# A disk that is full: the old binary stays whole and at work, nothing is left lying about, and it is said.
mount -t tmpfs -o size=12m tmpfs "$H"
/release/install.sh >/dev/null
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
newer_release
code=0; /tmp/new/install.sh >/tmp/said 2>&1 || code=$?
[ $code -eq 1 ] && grep -q "stopped before the end" /tmp/said || fail "ends with $code: $(cat /tmp/said)"
cmp /release/hookaot-linux-x64 "$H/hookaot" || fail "the binary is another"
[ -z "$(find "$H" -name "*.new.*")" ] || fail "a temporary file is left"
event qemu web start; has_rule web || fail "no rule after start"
/release/install.sh --uninstall --purge; umount "$H"; rm -r /tmp/new /tmp/said

# Only what is convenient has no room.
mkdir -p /usr/local/share; mount -t tmpfs -o ro tmpfs /usr/local/share
/release/install.sh >/tmp/said 2>&1 || fail "$(cat /tmp/said)"
grep -q "hookctrl.8 could not be written" /tmp/said && grep -q "installed hookaot" /tmp/said || fail "$(cat /tmp/said)"
hookctrl version || fail "no hookctrl"
/release/install.sh --uninstall; umount /usr/local/share; rmdir /usr/local/share 2>/dev/null || true; rm /tmp/said
