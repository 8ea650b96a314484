# shellcheck shell=sh
# A host with OpenRC, played by a stand-in; and one with neither it nor systemd.
says "any supervisor may run this, so that nobody has to run apply: $H/hookaot hookctrl watch" /release/install.sh ||
  fail "does not say what a supervisor has to run"
[ ! -e /etc/init.d/hookaot ] && [ ! -e /etc/systemd/system/hookaot.service ] || fail "a service is installed"
/release/install.sh --uninstall

script=/etc/init.d/hookaot link=/etc/runlevels/default/hookaot
mkdir -p /tmp/bin /run/openrc /etc/runlevels/default
touch /run/openrc/softlevel
program /tmp/bin/rc-service <<'END'
#!/bin/sh
echo "$*" >>/tmp/called
[ "$*" != "hookaot status" ] || exit 3
[ "$*" != "hookaot stop" ] || iptables-save | grep -q HOOKAOT || echo "too late" >>/tmp/called
END
export PATH=/tmp/bin:$PATH
/release/install.sh --dry-run >/tmp/said
[ ! -e /tmp/called ] || fail "a dry run does something: $(cat /tmp/called)"
grep -q "would run: rc-service hookaot restart" /tmp/said || fail "$(cat /tmp/said)"
grep -q "would write: $script" /tmp/said || fail "$(cat /tmp/said)"
/release/install.sh
[ -x $script ] && [ "$(readlink $link)" = $script ] || fail "not installed"
sh -n $script
command=''
eval "$(grep "^command" $script)"
[ "$command $command_args" = "$H/hookaot hookctrl watch" ] || fail "it starts: $command $command_args"
[ "$(cat /tmp/called)" = "hookaot restart" ] || fail "called: $(cat /tmp/called)"

# What was taken out of the runlevel stays out.
rm $link /tmp/called
/release/install.sh
[ ! -e $link ] && [ "$(cat /tmp/called)" = "hookaot status" ] || fail "called: $(cat /tmp/called)"
/release/install.sh --uninstall
/release/install.sh
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
event qemu web start
rm /tmp/called
/release/install.sh --uninstall --purge
[ "$(cat /tmp/called)" = "hookaot stop" ] || fail "called: $(cat /tmp/called)"
[ ! -e $script ] && [ ! -L $link ] || fail "not removed"
iptables-save | grep HOOKAOT && fail "rules are left"
rmdir /etc/runlevels/default /etc/runlevels
rm -r /tmp/bin /tmp/called /tmp/said
