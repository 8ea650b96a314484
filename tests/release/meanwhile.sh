# shellcheck shell=sh
# Hooks run while it is upgraded.
mkdir /tmp/new; cp -r /release/. /tmp/new; printf newer >>/tmp/new/hookaot-linux-x64; (cd /tmp/new && sha256sum hookaot-linux-x64 >SHA256SUMS)
/release/install.sh >/dev/null
hookctrl machine add web --private-ip 192.168.122.2; hookctrl port add web 8080:80
(i=0; while [ ! -e /tmp/stop ]; do event qemu web start 2>/tmp/said || { cp /tmp/said /tmp/broken; exit; }; i=$((i + 1)); done; echo $i >/tmp/events) &
for i in 1 2 3 4 5; do /tmp/new/install.sh >/dev/null; /release/install.sh >/dev/null; done
touch /tmp/stop; wait
[ ! -e /tmp/broken ] || fail "a hook failed while it was upgraded: $(cat /tmp/broken)"
echo "$(cat /tmp/events) events during 10 upgrades"
/release/install.sh --uninstall --purge >/dev/null
rm -r /tmp/new /tmp/stop /tmp/events /tmp/said
