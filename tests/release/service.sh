# shellcheck shell=sh
# The service, in a root that has systemd, which does not run there: an image that is being made. What runs is
# scripts/test-systemd.sh's.
unit=/etc/systemd/system/hookaot.service
link=/etc/systemd/system/multi-user.target.wants/hookaot.service
clean() { # UNIT
  said=$(systemd-analyze verify --man=no "$1" 2>&1) && [ -z "$said" ] || fail "verify: $said"
  # The scale ends at 10 there, and is in tenths here.
  systemd-analyze security --offline=true --threshold=20 "$1" >/tmp/said ||
    fail "security: $(tail -n 1 /tmp/said)"
  rm /tmp/said
}
/release/install.sh
clean $unit
grep -q "^ExecStart=/etc/libvirt/hooks/hookaot hookctrl watch$" $unit || fail "$(cat $unit)"
[ "$(readlink $link)" = $unit ] || fail "not enabled"
[ "$(systemctl is-enabled hookaot)" = enabled ] || fail "systemd does not find it enabled"

# What the administrator has decided holds.
systemctl disable hookaot
/release/install.sh
[ ! -e $link ] || fail "an upgrade enables what was disabled"
systemctl enable hookaot
rm $unit
systemctl mask hookaot
says "$unit is masked" /release/install.sh || fail "does not say that it is masked"
[ "$(readlink $unit)" = /dev/null ] || fail "an upgrade unmasks it"
systemctl unmask hookaot
/release/install.sh
/release/install.sh --uninstall
[ ! -e $unit ] && [ ! -L $link ] || fail "not removed"

# Where it cannot be written, the rest is installed.
mount -t tmpfs -o ro tmpfs /etc/systemd/system
says "$unit could not be written" /release/install.sh || fail "does not say so"
[ -x $H/qemu ] || fail "not installed"
/release/install.sh --uninstall
umount /etc/systemd/system

# Where SELinux is on, a shell starts it.
mkdir -p /usr/local/sbin
printf "#!/bin/sh\n" | program /usr/local/sbin/selinuxenabled
/release/install.sh
grep -q "^ExecStart=/bin/sh -c 'exec /etc/libvirt/hooks/hookaot hookctrl watch'$" $unit || fail "$(cat $unit)"
clean $unit
rm /usr/local/sbin/selinuxenabled
/release/install.sh --uninstall

# The packages'.
unit=/usr/lib/systemd/system/hookaot.service
dpkg -i /release/hookaot.deb
clean $unit
[ "$(systemctl is-enabled hookaot)" = enabled ] || fail "the .deb does not enable it"
systemctl disable hookaot
dpkg -i /release/hookaot.deb
[ ! -e $link ] || fail "an upgrade of the .deb enables what was disabled"
# Not install.sh's.
systemctl enable hookaot
/release/install.sh --uninstall
[ -e $link ] && [ -x $H/qemu ] || fail "install.sh --uninstall takes the package's service away"
dpkg -P hookaot
[ ! -e $unit ] && [ ! -L $link ] || fail "the .deb leaves: $(ls -l $unit $link)"
mkdir -p $H
rpm -i --nodeps /release/hookaot.rpm
clean $unit
[ "$(systemctl is-enabled hookaot)" = enabled ] || fail "the .rpm does not enable it"
systemctl disable hookaot
rpm -U --nodeps --force /release/hookaot.rpm
[ ! -e $link ] || fail "an upgrade of the .rpm enables what was disabled"
systemctl enable hookaot
rpm -e hookaot
[ ! -e $unit ] && [ ! -L $link ] || fail "the .rpm leaves: $(ls -l $unit $link)"
