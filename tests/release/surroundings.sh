# shellcheck shell=sh
# What install.sh asks of the host: SELinux labels, a reload of libvirt and no restart, rules for guests that run already, a word where iptables is missing.
mkdir -p /tmp/bin /run/systemd/system /run/libvirt/qemu
printf '#!/bin/sh\necho "$(basename "$0") $*" >>/tmp/called\ncase "$*" in "is-active --quiet libvirtd" | reload*) exit 0 ;; is-active*) exit 3 ;; esac\n' >/tmp/bin/systemctl
cp /tmp/bin/systemctl /tmp/bin/restorecon; chmod 755 /tmp/bin/*
PATH=/tmp/bin:$PATH /release/install.sh
grep -q "^restorecon -R $H$" /tmp/called || fail "no restorecon: $(cat /tmp/called)"
[ "$(grep -c "^systemctl reload" /tmp/called)" -eq 1 ] && grep -q "^systemctl reload libvirtd$" /tmp/called || fail "libvirtd is not reloaded: $(cat /tmp/called)"
grep -q restart /tmp/called && fail "something is restarted"

# A guest that runs, and that the hook has never heard of.
hookctrl machine add web --private-ip 192.168.122.2 --no-apply && hookctrl port add web 8080:80 --no-apply
echo "<domstatus><domain type='kvm'><name>web</name></domain></domstatus>" >/run/libvirt/qemu/web.xml
says "+ web: any:8080/tcp" /release/install.sh || fail "the running guest is not served"
has_rule web || fail "no rule for the running guest"

# A libvirtd without systemd gets a SIGHUP; its pid file ends without a line end.
rm -r /run/systemd
(trap 'echo hup >>/tmp/called; exit' HUP; while :; do sleep 1; done) & printf %s $! >/run/libvirtd.pid
/release/install.sh; wait
grep -q '^hup$' /tmp/called || fail "no SIGHUP"
says "iptables-restore is not on PATH" env PATH=/bin:/usr/bin /release/install.sh --dry-run || fail "says nothing of the missing iptables"

PATH=/tmp/bin:$PATH /release/install.sh --uninstall --purge
iptables-save | grep HOOKAOT && fail "rules are left"
rm -r /tmp/bin /tmp/called /run/libvirt /run/libvirtd.pid
