# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# ufw with its defaults: what comes in and what is forwarded is dropped, with exceptions.
neighbour_start() {
  must ufw allow 2298/tcp
  must ufw insert 1 deny proto tcp from 192.168.0.51 to any port 2298
  must ufw route allow proto tcp from 192.168.0.0/24 to $site port 7
  must ufw --force enable
}
neighbour_reload() { must ufw reload; }
neighbour_restart() { must ufw disable; must ufw --force enable; }

neighbour_works() { # WHEN
  check "$1: ufw allows a port of the host" 'OK tcp host 2298' at client probe tcp $public 2298
  refused "$1: ufw denies it to one address" at lan probe tcp $public 2298 1
  refused "$1: ufw denies every other port" at client probe tcp $public 2299 1
  check "$1: ufw's route allows a port of the site" 'OK tcp site 7' at lan probe tcp $site 7
  refused "$1: ufw drops what else is forwarded" at lan probe tcp $site 8 1
  refused "$1: and by another protocol" at lan probe udp $site 7 1
}

# Its policy is final in nftables too: an accept of libvirt's in another table does not help.
stops_guests() { [ "$libvirt" = nftables ]; }

# It brings iptables' FORWARD with it, where there was nothing for ours to accept before.
needs_apply() { [ "$libvirt $backend $1" = "nftables nftables after its start" ]; }
