# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests/lab/checks.sh
# Every way of a packet.

story paths "all paths: tcp, udp, ranges, sources"
story_paths() {
  forwards paths
  check "outside, HTTP" 'hello from test' lab client probe http $public 8002 /
  check "outside, TCP of tcp+udp" 'OK tcp test 7 ' from_outside tcp $public 9007
  check "outside, UDP of tcp+udp" 'OK udp test 7 ' from_outside udp $public 9007
  check "shifted range, first" 'OK tcp test 9000 ' from_outside tcp $public 9100
  check "shifted range, last" 'OK tcp test 9001 ' from_outside tcp $public 9101
  check "a second range to the same ports" 'OK tcp test 9001 ' from_outside tcp $public 9201
  check "same port on both sides" 'OK tcp test 9000 ' from_outside tcp $public 9000
  refused "past the end of a range" from_outside tcp $public 9102 1
  check "allowed source" "OK tcp test 22 peer $internet:" outside_as $internet tcp $public 2299
  refused "source that is not allowed" from_outside tcp $public 2299 1
  refused "the host's other address is not the public one" from_outside tcp $other_public 2222 1
  check "host's UDP to its own public address" 'OK udp test 53' from_host udp $public 5353
  check "guest's UDP to itself" 'OK udp test 53' from_guest 2 udp $public 5353
  check "neighbour guest's UDP to the VM" 'OK udp test 53' from_veth udp $public 5353
  check "a guest's own traffic to that port elsewhere" 'OK tcp client 2222' from_guest 2 tcp $internet 2222
  check "the same from the neighbour guest" 'OK tcp client 2222' from_veth tcp $internet 2222
  refused "127.0.0.1 is not forwarded unless asked for" from_host tcp 127.0.0.1 2222 1
  check "route_localnet stays off" '^0$' on_host cat /proc/sys/net/ipv4/conf/virbr0/route_localnet
  check "hookctrl status finds no drift" 'test .* active' on_host hookctrl status
  check "hookctrl doctor finds nothing" 'nothing on this host stops it' on_host hookctrl doctor test
}

story shut "what no entry names stays shut, to a neighbour with a route too"
story_shut() {
  shut shut
}

story paths6 "all paths, IPv6"
story_paths6() {
  forwards6 paths
  check "outside, UDP" "OK udp test 53 peer \[$outside6\]:" from_outside udp $public6 5353
  check "outside, HTTP" 'hello from test' lab client probe http $public6 8002 /
  check "outside, UDP of tcp+udp" 'OK udp test 7 ' from_outside udp $public6 9007
  check "shifted range, first" 'OK tcp test 9000 ' from_outside tcp $public6 9100
  check "shifted range, last" 'OK tcp test 9001 ' from_outside tcp $public6 9101
  check "same port on both sides" 'OK tcp test 9000 ' from_outside tcp $public6 9000
  refused "past the end of a range" from_outside tcp $public6 9102 1
  check "allowed source" "OK tcp test 22 peer \[$internet6\]:" outside_as $internet6 tcp $public6 2299
  refused "source that is not allowed" from_outside tcp $public6 2299 1
  refused "the host's other address is not the public one" from_outside tcp $other_public6 2222 1
  check "host to its own public address" 'OK tcp test 22' from_host tcp $public6 2222
  check "host's UDP to its own public address" 'OK udp test 53' from_host udp $public6 5353
  check "container to itself (hairpin)" 'OK tcp box 22' from_guest 4 tcp $public6 2224
  check "container to the VM" 'OK tcp test 22' from_guest 4 tcp $public6 2222
  check "neighbour guest to the VM" 'OK tcp test 22' from_veth tcp $public6 2222
  check "neighbour guest's UDP to the VM" 'OK udp test 53' from_veth udp $public6 5353
  check "a guest's own traffic to that port elsewhere" 'OK tcp client 2222' from_guest 2 tcp $internet6 2222
}

story shut6 "what no entry names stays shut, IPv6"
story_shut6() {
  local past="a neighbour with a route does not reach the VM's forwarded port past the forward"
  refused "$past" from_outside tcp $test6 22 1
  refused "nor any other port of it" from_outside tcp $test6 8080 1
  refused "nor UDP" from_outside udp $test6 7 1
  refused "nor the container" from_outside tcp $box6 22 1
  refused "a public port that no entry names is not forwarded" from_outside tcp $public6 8080 1
}

story localhost "127.0.0.1 of the host, where the config says so"
story_localhost() {
  local route_localnet=/proc/sys/net/ipv4/conf/virbr0/route_localnet
  # The veth guest can address 127.0.0.1 of the host: its own is out of the way.
  lab vguest sysctl -qw net.ipv4.conf.eth0.route_localnet=1
  lab vguest ip addr del 127.0.0.1/8 dev lo
  lab vguest ip route add 127.0.0.1 via 192.168.122.1 src 192.168.122.10
  on_host sysctl -qw net.ipv4.conf.virbr0.route_localnet=1
  check "a guest reaches 127.0.0.1 of the host (a check of this test)" 'OK tcp host 7' from_veth tcp 127.0.0.1 7 1
  on_host sysctl -qw net.ipv4.conf.virbr0.route_localnet=0
  good_config '' '
            "localhost": true,'
  check "apply" '' apply
  check "host 127.0.0.1, TCP" 'OK tcp test 22' from_host tcp 127.0.0.1 2222
  check "host 127.0.0.1, UDP" 'OK udp test 53' from_host udp 127.0.0.1 5353
  check "host 127.0.0.1, shifted range" 'OK tcp test 9001' from_host tcp 127.0.0.1 9101
  refused "not the container, which does not ask for it" from_host tcp 127.0.0.1 2224 1
  check "route_localnet is on" '^1$' on_host cat "$route_localnet"
  refused "a guest does not reach 127.0.0.1 of the host" from_veth tcp 127.0.0.1 7 1
  forwards "with localhost"
  on_host sysctl -qw net.ipv4.conf.virbr0.route_localnet=0
  check "taken away, restart" '' restart_both
  check "host 127.0.0.1 again" 'OK tcp test 22' from_host tcp 127.0.0.1 2222
  qemu destroy test
  refused "stopped: not forwarded" from_host tcp 127.0.0.1 2222 1
  check "route_localnet is off again" '^0$' on_host cat "$route_localnet"
  start_test
  check "started: host 127.0.0.1" 'OK tcp test 22' from_host tcp 127.0.0.1 2222
  good_config
  check "apply" '' apply
  refused "no longer wanted" from_host tcp 127.0.0.1 2222 1
  check "route_localnet is off again" '^0$' on_host cat "$route_localnet"
  lab vguest ip addr add 127.0.0.1/8 dev lo
  lab attach
}

story snat "what the guest opens itself leaves with its public address"
story_snat() {
  check "without snat: the host's first address" "OK tcp client 7 peer $public:" from_guest 2 tcp $internet 7
  good_config '' "
            \"public_ip\": \"$other_public\", \"snat\": true,"
  check "apply" '' apply
  check "snat: the forward's address" "OK tcp client 7 peer $other_public:" from_guest 2 tcp $internet 7
  check "the container's is another" "OK tcp client 7 peer $public:" from_guest 4 tcp $internet 7
  check "outside to that address" "OK tcp test 22 peer $outside:" from_outside tcp $other_public 2222
  check "a guest of the same network sees the VM itself" "OK tcp box 22 peer $test:" from_guest 2 tcp $box 22
  good_config
  check "apply" '' apply
  check "no snat any more" "OK tcp client 7 peer $public:" from_guest 2 tcp $internet 7
}
