# shellcheck shell=bash
# shellcheck disable=SC2154,SC2086 # neighbour-story.sh and neighbour-world.sh set them: addresses, ports, words
# docker: a container c1 with published ports on the default network; c2 and c3 on networks of their own, which docker
# isolates; a rule of the administrator's in DOCKER-USER.
neighbour_start() {
  br_netfilter 1 # docker loads it, and its default is 1
  docker_up
  tar -cC / usr/local/bin/probe | docker import - box >/dev/null
  must docker network create -o com.docker.network.bridge.name=br-one --subnet 172.30.1.0/24 one
  must docker network create -o com.docker.network.bridge.name=br-two --subnet 172.30.2.0/24 two
  container c1 -p 8081:7 -p 8081:7/udp
  container c2 --network one --ip 172.30.1.2
  container c3 --network two --ip 172.30.2.2
  iptables -w -I DOCKER-USER -s 192.168.0.51 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
}

container() { # NAME OPTION...
  local options=(-d --name "$1" --restart always --stop-timeout 1)
  must docker run "${options[@]}" "${@:2}" box /usr/local/bin/probe serve "$1" tcp:7 udp:7 tcp:8
  poll docker exec "$1" /usr/local/bin/probe tcp 127.0.0.1 7
}

docker_up() {
  dockerd --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs >>/run/dockerd.log 2>&1 &
  poll docker info
}

# It has no reload of its own; SIGHUP reads its configuration again.
neighbour_reload() {
  must kill -HUP "$(cat /var/run/docker.pid)"
  must docker network disconnect bridge c1
  must docker network connect bridge c1
}
neighbour_restart() {
  local pid name
  pid=$(cat /var/run/docker.pid)
  must kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep .05; done
  docker_up
  for name in c1 c2 c3; do poll docker exec "$name" /usr/local/bin/probe tcp 127.0.0.1 7; done
}

neighbour_works() { # WHEN
  check "$1: docker publishes a port, tcp" 'OK tcp c1 7 peer 192.168.0.50:' at client probe tcp $public 8081
  check "$1: docker publishes a port, udp" 'OK udp c1 7 ' at client probe udp $public 8081
  check "$1: docker publishes it to its host" 'OK tcp c1 7 ' probe tcp $public 8081
  check "$1: docker publishes it to a guest" 'OK tcp c1 7 ' at a probe tcp $public 8081
  check "$1: a container -> internet" 'OK tcp client 7 peer 192.168.0.166:' in_container c1 tcp $internet 7
  refused "$1: DOCKER-USER's drop holds" at lan probe tcp $public 8081 1
  refused "$1: docker isolates one network from another" in_container c2 tcp 172.30.2.2 7 1
  refused "$1: in the other direction too" in_container c3 tcp 172.30.1.2 7 1
  refused "$1: and from the default network" in_container c1 tcp 172.30.1.2 7 1
  # It drops what nobody accepts where it was the one that let the kernel forward.
  [ "$order" = before ] || return 0
  refused "$1: docker does not let a neighbour to a port that is not published" at lan probe tcp 172.30.1.2 8 1
  refused "$1: docker drops what nobody accepts" at lan probe tcp $site 7 1
}
in_container() { docker exec "$1" /usr/local/bin/probe "${@:2}"; }

# The same policy.
stops_guests() { [ "$libvirt" = nftables ] && [ "$order" = before ]; }
