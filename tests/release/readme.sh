# shellcheck shell=sh
# What README.md and src/doc/installing.md tell to type on a host in order to install: the packages, install.sh with the
# first forward, by hand, and the removal. The guest is an address of this root, on which something listens.
block() { # FILE N: the n-th block of shell commands
  awk -v n="$2" '/^```sh$/ { i++; on = 1; next } /^```/ { on = 0 } on && i == n && NF' "/release/$1"
}
run() { # FILE N
  [ -n "$(block "$1" "$2")" ] || fail "$1 has no block $2"
  eval "$(block "$1" "$2")" || fail "$1, block $2"
}
# The database of packages is empty here, /bin/sh included.
rpm() { command rpm --nodeps "$@"; }
mkdir -p /run/libvirt/qemu
echo "<domstatus>$(domain web)</domstatus>" >/run/libvirt/qemu/web.xml
echo 1 >/proc/sys/net/ipv4/ip_forward
perl -MIO::Socket::INET -e '
  $s = IO::Socket::INET->new(LocalAddr => "192.168.122.2:80", Listen => 9, ReuseAddr => 1) or die $!;
  while ($c = $s->accept) { print $c "hello from web\n"; close $c }' &
server=$!
cd /release || exit
# The first forward works, however it was installed.
forward() {
  hash -r # this shell remembers where hookctrl was
  run README.md 5
  answer=$(perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("192.168.0.166:8080") or die $!; print <$s>')
  [ "$answer" = "hello from web" ] || fail "got: $answer"
}

run README.md 1
forward
dpkg -P hookaot
[ ! -e "$H/config.json" ] && [ ! -e "$H/config.json.before" ] || fail "the config is left after a purge"
mkdir -p "$H" # here no libvirt has it

run README.md 2
forward
rpm -e hookaot
rm "$H/config.json" "$H/config.json.before"

run README.md 3
forward
run README.md 4
kill $server; rm -r /run/libvirt
[ ! -e "$H/hookaot" ] || fail "not removed"

run installing.md 1
[ "$(block installing.md 1 | wc -l)" -eq 5 ] || fail "not one file and four links"
hookctrl machine add web --private-ip 192.168.122.2 && hookctrl port add web 8080:80
for driver in qemu lxc network; do event $driver web start; done
has_rule web || fail "no rule after start"
run README.md 4
