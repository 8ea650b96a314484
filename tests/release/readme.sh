# shellcheck shell=sh
# README's commands for a host: the two that install, forward and test, those that install by hand, and the one that
# removes.
# The guest is an address of this root, on which something listens.
block() { # N: the n-th block of shell commands
  awk -v n="$1" '/^```sh$/ { i++; on = 1; next } /^```/ { on = 0 } on && i == n && NF' /release/README.md
}
mkdir -p /run/libvirt/qemu
echo "<domstatus>$(domain web)</domstatus>" >/run/libvirt/qemu/web.xml
echo 1 >/proc/sys/net/ipv4/ip_forward
perl -MIO::Socket::INET -e '
  $s = IO::Socket::INET->new(LocalAddr => "192.168.122.2:80", Listen => 9, ReuseAddr => 1) or die $!;
  while ($c = $s->accept) { print $c "hello from web\n"; close $c }' &
server=$!
cd /release || exit
[ "$(block 1 | wc -l)" -eq 2 ] || fail "not two commands"
block 1 | sed -n 1p | grep -q "./install.sh" || fail "the first does not install"
eval "$(block 1)" || fail "the two commands"
answer=$(perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("192.168.0.166:8080") or die $!; print <$s>')
[ "$answer" = "hello from web" ] || fail "got: $answer"
block 3 | grep -q -- "./install.sh --uninstall" || fail "the third block does not remove"
eval "$(block 3)"
kill $server; rm -r /run/libvirt
[ ! -e "$H/hookaot" ] || fail "not removed"

eval "$(block 2)" # by hand
[ "$(block 2 | wc -l)" -eq 5 ] || fail "not one file and four links"
hookctrl machine add web --private-ip 192.168.122.2 && hookctrl port add web 8080:80
for driver in qemu lxc network; do event $driver web start; done
has_rule web || fail "no rule after start"
eval "$(block 3)"
