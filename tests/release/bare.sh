# shellcheck shell=sh
# No /dev/log, no br_netfilter, no HOME, no locale, and a guest whose name is not ASCII.
rm -f /dev/log; mount -t tmpfs tmpfs /proc/sys/net/bridge 2>/dev/null || true
/release/install.sh
LC_ALL=C; export LC_ALL; unset HOME
name=$(printf "caf\303\251 \344\272\225")
hookctrl machine add "$name" --private-ip 192.168.122.2 && hookctrl port add "$name" 8080:80
event qemu "$name" start 2>/tmp/said || fail "$(cat /tmp/said)"
iptables-save | grep -q "192.168.122.2:80" || fail "no rule: $(cat /tmp/said)"
hookctrl list | grep -q "$name" || fail "the name is shown otherwise: $(hookctrl list)"
env -i "$H"/qemu "$name" stopped end - 2>/tmp/said || fail "$(cat /tmp/said)"
/release/install.sh --uninstall --purge
umount /proc/sys/net/bridge 2>/dev/null || true
rm /tmp/said
