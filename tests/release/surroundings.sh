# shellcheck shell=sh
# What install.sh asks of the host: SELinux labels, a reload of libvirt and no restart, rules for guests that run
# already, a word where iptables and nft are missing.
mkdir -p /tmp/bin /run/systemd/system /run/libvirt/qemu
program /tmp/bin/systemctl <<'END'
#!/bin/sh
echo "$(basename "$0") $*" >>/tmp/called
case "$*" in
  "is-active --quiet libvirtd" | reload*) exit 0 ;;
  is-active*) exit 3 ;;
  "stop hookaot.service") iptables-save | grep -q HOOKAOT || echo "too late" >>/tmp/called ;;
esac
END
cp /tmp/bin/systemctl /tmp/bin/restorecon
PATH=/tmp/bin:$PATH /release/install.sh
grep -q "^restorecon -R $H$" /tmp/called || fail "no restorecon: $(cat /tmp/called)"
[ "$(grep "^systemctl reload" /tmp/called)" = "systemctl reload libvirtd" ] ||
  fail "libvirtd is not reloaded: $(cat /tmp/called)"
# The service, and nothing else.
[ "$(grep "restart" /tmp/called)" = "systemctl restart hookaot.service" ] || fail "restarted: $(cat /tmp/called)"
grep -q "^systemctl daemon-reload$" /tmp/called || fail "no daemon-reload: $(cat /tmp/called)"

# A guest that runs, and that the hook has never heard of.
hookctrl machine add web --private-ip 192.168.122.2 --no-apply && hookctrl port add web 8080:80 --no-apply
echo "<domstatus><domain type='kvm'><name>web</name></domain></domstatus>" >/run/libvirt/qemu/web.xml
says "+ web: any:8080/tcp" /release/install.sh || fail "the running guest is not served"
has_rule web || fail "no rule for the running guest"

# A libvirtd without systemd gets a SIGHUP; its pid file ends without a line end.
rm -r /run/systemd
program /tmp/bin/libvirtd <<'END'
#!/bin/sh
trap "echo hup >>/tmp/called; exit" HUP
touch /run/up
while :; do sleep 1; done
END
/tmp/bin/libvirtd &
printf %s $! >/run/libvirtd.pid
while [ ! -e /run/up ]; do :; done
/release/install.sh
wait
grep -q '^hup$' /tmp/called || fail "no SIGHUP"
# Whose number is another process's by now gets none.
sleep 30 &
echo $! >/run/libvirtd.pid
/release/install.sh
kill $! || fail "another process was told"
says "neither iptables nor nft is installed" env PATH=/bin:/usr/bin /release/install.sh --dry-run ||
  fail "says nothing of the missing iptables and nft"

# What cannot be taken out is said, with the way to do it by hand; the rest goes.
for tool in iptables iptables-save iptables-restore; do
  printf '#!/bin/sh\nexit 1\n' | program /tmp/bin/$tool
done
says "By hand: iptables-save | grep -v HOOKAOT" env PATH=/tmp/bin:$PATH /release/install.sh --uninstall ||
  fail "does not say that rules are left"
[ ! -e "$H/hookaot" ] || fail "not removed"
rm /tmp/bin/iptables*
/release/install.sh
has_rule web || fail "no rule after it is installed again"

mkdir -p /run/systemd/system
PATH=/tmp/bin:$PATH /release/install.sh
rm /tmp/called
PATH=/tmp/bin:$PATH /release/install.sh --uninstall --purge
grep -q "^systemctl stop hookaot.service$" /tmp/called || fail "the service is not stopped: $(cat /tmp/called)"
grep -q "too late" /tmp/called && fail "the service is stopped after the rules are gone"
rm -r /run/systemd
iptables-save | grep HOOKAOT && fail "rules are left"
rm -r /tmp/bin /tmp/called /run/libvirt /run/libvirtd.pid
