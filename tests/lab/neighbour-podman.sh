# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# podman with netavark: a container c1 with published ports on the default network; c2 and c3 on networks of their own,
# which netavark isolates.
neighbour_start() {
  podman_config
  tar -cC / usr/local/bin/probe | podman import - box >/dev/null 2>&1
  must podman network create -o isolate=true --disable-dns --subnet 10.89.1.0/24 one
  must podman network create -o isolate=true --disable-dns --subnet 10.89.2.0/24 two
  container c1 --ip 10.88.0.100 -p 8081:7 -p 8081:7/udp
  container c2 --network one --ip 10.89.1.2
  container c3 --network two --ip 10.89.2.2
}

podman_config() {
  cat >/etc/containers/containers.conf <<CONF
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
  cat >/etc/containers/storage.conf <<CONF
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
CONF
  export PODMAN_IGNORE_CGROUPSV1_WARNING=1
}

container() { # NAME OPTION...
  must podman run -d --name "$1" "${@:2}" box /usr/local/bin/probe serve "$1" tcp:7 udp:7 tcp:8
  poll in_container "$1" tcp 127.0.0.1 7
}
in_container() { podman exec "$1" /usr/local/bin/probe "${@:2}"; }

neighbour_reload() { must podman network reload --all; }
neighbour_restart() {
  local name
  for name in c1 c2 c3; do must podman stop -t 0 "$name"; done
  for name in c1 c2 c3; do
    must podman start "$name"
    poll in_container "$name" tcp 127.0.0.1 7
  done
}

neighbour_works() { # WHEN
  check "$1: podman publishes a port, tcp" 'OK tcp c1 7 peer 192.168.0.50:' at client probe tcp $public 8081
  check "$1: podman publishes a port, udp" 'OK udp c1 7 ' at client probe udp $public 8081
  check "$1: podman publishes it to its host" 'OK tcp c1 7 ' probe tcp $public 8081
  check "$1: podman publishes it to a guest" 'OK tcp c1 7 ' at a probe tcp $public 8081
  check "$1: a container -> internet" 'OK tcp client 7 peer 192.168.0.166:' in_container c1 tcp $internet 7
  refused "$1: netavark isolates one network from another" in_container c2 tcp 10.89.2.2 7 1
  refused "$1: in the other direction too" in_container c3 tcp 10.89.1.2 7 1
}
