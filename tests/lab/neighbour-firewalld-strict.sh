# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# firewalld with StrictForwardPorts=yes (2.3 and later): it lets through what it forwards itself, and nothing that
# others translate, until it is told. doctor says how.
# shellcheck source=tests/lab/neighbour-firewalld.sh
. /lab/neighbour-firewalld.sh

eval "firewalld_$(declare -f neighbour_start)"
neighbour_start() {
  sed -i 's/^StrictForwardPorts=.*/StrictForwardPorts=yes/' /etc/firewalld/firewalld.conf
  firewalld_neighbour_start
  # the other order finds out that these are what it takes
  [ "$order" = before ] || { must bash -c "$strict_cures"; must firewall-cmd -q --reload; }
}

strict_ports="--add-forward-port=port=2222:proto=tcp:toport=22:toaddr=192.168.122.2"
strict_ports+=" --add-forward-port=port=9001-9002:proto=tcp:toport=9001-9002:toaddr=192.168.122.2"
strict_ports+=" --add-forward-port=port=8022:proto=tcp:toport=22:toaddr=192.168.122.3"
strict_cures="
  firewall-cmd -q --permanent $strict_ports
  firewall-cmd -q --permanent --new-policy=hookaot
  firewall-cmd -q --permanent --policy=hookaot --add-ingress-zone=HOST
  firewall-cmd -q --permanent --policy=hookaot --add-egress-zone=ANY
  firewall-cmd -q --permanent --policy=hookaot $strict_ports"

# Follows doctor until it has no more to say.
prepare() {
  ours_up
  refused "strict: outside -> public" at client probe tcp $public 2222 1
  refused "strict: host -> its own public" probe tcp $public 2222 1
  settle
  local guest cure
  for guest in a b; do
    check "strict: doctor finds that $guest is not reached from outside" 'FAULT  firewalld lets through only what it' \
      doctor_of $guest
    cure=$(doctor_of $guest | sed -n '/FAULT/{n;s/^ *do: //p}')
    check "strict: the command that doctor names" success bash -c "$cure"
    check "strict: doctor finds that the host does not reach $guest" 'note   firewalld does not let this host itself' \
      hookctrl doctor $guest
    cure=$(doctor_of $guest | sed -n '/ note /{n;s/^ *do: //p}')
    check "strict: the command that doctor names for the host" success bash -c "$cure"
    libvirt_reacts
    check "strict: doctor has nothing more to say of $guest" 'no other firewall here drops it' hookctrl doctor $guest
  done
  ours_down
}
