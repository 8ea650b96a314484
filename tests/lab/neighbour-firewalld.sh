# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# firewalld: the outside is in zone public, with an open port and one that it forwards itself; the site is in zone
# internal, libvirt's bridge where libvirt puts it.
neighbour_start() {
  mkdir -p /run/dbus
  dbus-uuidgen --ensure
  must dbus-daemon --system --fork
  firewalld_up
  must firewall-cmd -q --permanent --zone=public --change-interface=eth0
  must firewall-cmd -q --permanent --zone=internal --change-interface=eth1
  must firewall-cmd -q --permanent --zone=public --add-port=2298/tcp
  must firewall-cmd -q --permanent --zone=public --add-forward-port=port=8081:proto=tcp:toport=7:toaddr=$site
  must firewall-cmd -q --reload
}

firewalld_up() {
  firewalld --nofork --nopid >>/run/firewalld.log 2>&1 &
  firewalld=$!
  poll firewall-cmd --state
}

# libvirt listens on D-Bus for firewalld's start and reload.
libvirt_reacts() {
  libvirt_rules
  must firewall-cmd -q --zone=libvirt --change-interface=virbr0
}

neighbour_reload() { must firewall-cmd -q --reload; }
neighbour_restart() {
  must kill $firewalld
  wait $firewalld
  firewalld_up
}

neighbour_works() { # WHEN
  check "$1: firewalld's open port of the host" 'OK tcp host 2298' at client probe tcp $public 2298
  check "$1: firewalld's own forward" 'OK tcp site 7 ' at client probe tcp $public 8081
  refused "$1: firewalld's closed port of the host" at client probe tcp $public 2299 1
  refused "$1: firewalld lets nobody from zone to zone" at lan probe tcp $site 8 1
  refused "$1: nor by another protocol" at lan probe udp $site 7 1
}

# Before 2.0 it empties all tables of iptables when it starts and reloads.
empties_others() { [[ $(firewall-cmd --version) == [01].* ]]; }
