# shellcheck shell=sh
# Hooks run while it is upgraded.
newer_release
/release/install.sh >/dev/null
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
start_until_told() {
  events=0
  while [ ! -e /tmp/stop ]; do
    if ! event qemu web start 2>/tmp/said; then
      cp /tmp/said /tmp/broken
      return
    fi
    events=$((events + 1))
  done
  echo $events >/tmp/events
}
start_until_told &
for _ in 1 2 3 4 5; do
  /tmp/new/install.sh >/dev/null
  /release/install.sh >/dev/null
done
touch /tmp/stop
wait
[ ! -e /tmp/broken ] || fail "a hook failed while it was upgraded: $(cat /tmp/broken)"
echo "$(cat /tmp/events) events during 10 upgrades"
/release/install.sh --uninstall --purge >/dev/null
rm -r /tmp/new /tmp/stop /tmp/events /tmp/said
