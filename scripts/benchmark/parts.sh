# shellcheck shell=bash disable=SC2154 # input and command are set by start_of and stop_of
# For bench.sh, which sources it: the parts of the benchmark, a function each. What a part measures goes into $samples,
# as stopwatch and path print it; what is computed from that goes into $derived, a line each:
#
#   NAME per A B      how many times A is of B        NAME minus A B      by how much A is more
ours=(hookaot-iptables hookaot-nftables)
floors=(tool-iptables tool-nftables)

measure() { # SECONDS PAUSE <PLAN
  local rounds=$rounds
  tee "$dir/plan" | locked "$dir/stopwatch" "$rounds" "$(awk "BEGIN { print $1 * $share }")" "$2" >>"$samples" ||
    die "the stopwatch failed"
  # A peer may fail; what we are about may not.
  ! awk -F'\t' '$2 == "failed" { print $1 }' "$samples" | grep -E 'hookaot|tool-|hand-|true' || die "these failed"
}

per() { echo "$1 per $2 $3" >>"$derived"; }
minus() { echo "$1 minus $2 $3" >>"$derived"; }

run_in() { # HOST: what start_of or stop_of has set
  # shellcheck disable=SC2086 # words
  on "$1" timeout "$limit" env $command <"${input:-/dev/null}" >>"$dir/log" 2>&1
}

probes() { on "$1" ip netns exec client "$dir/probe" tcp $public "$2" 1 | grep -q "^OK tcp web $3 "; }

# The guest answers on the last port of each size.
serve() { # HOST
  local n ports=()
  for n in $sizes; do ports+=("tcp:$(guest_port "$n")"); done
  on "$1" ip netns exec web "$dir/probe" serve web "${ports[@]}" &
}

# A contender is measured only if a client's connection through the last forward arrives, and does no longer after the
# end. 124: it takes longer than the limit; 1: it fails, which one of ours may not.
proven() { # CONTENDER N
  local port code
  port=$(public_port "$2")
  : >"$dir/log"
  start_of "$1" "$2"
  run_in "$1"
  code=$?
  [ $code -ne 124 ] || return 124
  if [ $code -ne 0 ] || ! probes "$1" "$port" "$(guest_port "$2")"; then
    echo "bench.sh: $1 with $2 forwards does not forward, exit code $code: $(tail -3 "$dir/log")" >&2
    case $1 in hookaot-* | tool-*) die "$1 has to" ;; esac
    return 1
  fi
  stop_of "$1" "$2"
  run_in "$1" || die "$1 does not stop: $(tail -3 "$dir/log")"
  ! probes "$1" "$port" "$(guest_port "$2")" || die "$1 forwards after its end"
}

# The hook never fails towards libvirt. So after the last of many starts each forward has to be in the kernel.
has_all() { # HOST FORWARDS [ADDRESSES]
  local there
  there=$(on "$1" sh -c '/usr/sbin/iptables-save -t nat; /usr/sbin/nft list ruleset' 2>&1 | sed 's/ \. /:/g' |
    grep -oE "(: |to-destination )${3:-192\\.168\\.122\\.2}:[34][0-9]{4}\b" | sort -u | wc -l)
  [ "$there" -eq "$2" ] && return
  echo "bench.sh: $1: $there of $2 forwards are there" >&2
  return 1
}

# ---- a call with nothing to do

part_nothing() {
  local n of
  host nothing
  {
    plan nothing 1 nothing/true '' /bin/true
    plan nothing 1 nothing/empty '' "$dir/empty"
    for n in 1 10000; do
      config iptables $n false >"$dir/iptables-$n.json"
      of="CONFIG_FILENAME=$dir/iptables-$n.json HOOKAOT_RUN_DIR=/run/hookaot-$n $hook"
      # shellcheck disable=SC2086 # words
      on nothing env $of web start begin - <"$dir/web.xml" 2>"$dir/log" || die "no record"
      plan nothing 1 nothing/record-$n "$dir/web.xml" "$of other start begin -"
      plan nothing 1 nothing/no-record-$n "$dir/web.xml" "${of/hookaot-$n/none} other start begin -" \
        - '' '/bin/rm -rf /run/none'
      plan nothing 1 nothing/prepare-$n "$dir/web.xml" "$of web prepare begin -"
    done
    [ -z "$python" ] || for n in 1 10000; do
      peers_config $n
      python_plan nothing $n
    done
  } >"$dir/nothing"
  measure 2 5 <"$dir/nothing"
  for n in 1 10000; do
    for of in record no-record prepare; do per nothing/$of-$n/times nothing/$of-$n nothing/empty; done
  done
  gone nothing
}

python_plan() { # HOST N
  local one
  for one in $python; do
    start_of "$one" "$2"
    plan "$1" 1 "nothing/$one-$2" "$input" "${command/ web / other }"
  done
}

# ---- start from nothing, and stop

part_start() {
  local n one code late=' ' all of_stop
  # shellcheck disable=SC2206 # names without blanks
  all=("${ours[@]}" "${floors[@]}" portmap netavark $python)
  for one in "${all[@]}" record; do
    host "$one"
    ends "$one"
  done
  # netavark makes bridge and interface itself: its guest has none.
  on netavark ip -n web link delete eth0
  for one in "${all[@]}"; do serve "$one"; done

  for n in $sizes; do
    for one in iptables nftables; do
      config $one "$n" false >"$dir/$one-$n.json"
      record record $one "$n" tool-$one
    done
    peers_config "$n"
    : >"$dir/start"
    for one in "${all[@]}"; do
      [[ $late == *" $one "* ]] && code=124 || { proven "$one" "$n"; code=$?; }
      case $code in
        0)
          stop_of "$one" "$n"
          of_stop=("$input" "$command")
          start_of "$one" "$n"
          run_in "$one" || die "$one does not start again"
          plan "$one" 1 "start/$n/$one" "$input" "$command" "stop/$n/$one" "${of_stop[@]}" >>"$dir/start" ;;
        124)
          late+="$one "
          printf 'start/%s/%s\t>%s000\n' "$n" "$one" "$limit" >>"$samples" ;;
        *)
          late+="$one "
          printf '%s\tfailed\n' "start/$n/$one" "stop/$n/$one" >>"$samples" ;;
      esac
    done
    measure 2.5 20 <"$dir/start"
    for one in "${ours[@]}" "${floors[@]}"; do has_all "$one" "$n" || exit 1; done
    for one in "${all[@]}"; do
      [[ $late == *" $one "* ]] || { stop_of "$one" "$n"; run_in "$one"; }
    done
    for one in iptables nftables; do
      per "start/$n/hookaot-$one/times" "start/$n/hookaot-$one" "start/$n/tool-$one"
      per "stop/$n/hookaot-$one/times" "stop/$n/hookaot-$one" "stop/$n/tool-$one"
    done
  done
  gone "${all[@]}" record
}

# ---- start and stop beside other guests

part_beside() {
  local n one g base
  for one in iptables nftables; do
    for base in hookaot-$one tool-$one record-$one; do
      host $base
      config $one 1 false others >"$dir/others.json"
      for ((g = 1; g <= guests; g++)); do
        on $base env CONFIG_FILENAME="$dir/others.json" "$hook" g$g start begin - <"$dir/g$g.xml" 2>"$dir/log" ||
          die "$(cat "$dir/log")"
      done
    done
    host hand-$one
    hand_base hand-$one $one
    { hand_empty $one; for ((g = 1; g <= guests; g++)); do hand_guest $one $g; done; } >"$dir/hand-$one-others"
  done

  for n in $sizes; do
    for one in iptables nftables; do
      config $one "$n" false others >"$dir/$one-$n.json"
      record record-$one $one "$n" tool-$one others
      for base in hookaot-$one tool-$one; do
        start_of $base "$n"
        run_in $base || die "$base does not start beside others: $(cat "$dir/log")"
        local begin=("$input" "$command")
        stop_of $base "$n"
        plan $base 1 "beside/$n/$base" "${begin[@]}" "beside-stop/$n/$base" "$input" "$command"
      done
      tool_of $one
      by_hand $one 10000 30000 2 "$n" 192.168.122.2 >"$dir/hand-$one-$n"
      plan hand-$one 1 "beside/$n/hand-$one" "$dir/hand-$one-$n" "$command" \
        - "$dir/hand-$one-others" "$command"
      per "beside/$n/hookaot-$one/times" "beside/$n/hookaot-$one" "beside/$n/hand-$one"
      per "beside-stop/$n/hookaot-$one/times" "beside-stop/$n/hookaot-$one" "beside-stop/$n/tool-$one"
    done >"$dir/beside"
    measure 3 20 <"$dir/beside"
    for one in "${ours[@]}" "${floors[@]}"; do has_all "$one" "$n" || exit 1; done
    for one in "${ours[@]}" "${floors[@]}"; do
      stop_of "$one" "$n"
      run_in "$one" || die "$(cat "$dir/log")"
    done
  done
  for one in iptables nftables; do gone hookaot-$one tool-$one record-$one hand-$one; done
}

# ---- 20 guests with ten forwards each, at once and one after the other

part_guests() {
  local one way count g all
  # shellcheck disable=SC2206 # names without blanks
  all=("${ours[@]}" hand-iptables hand-nftables portmap netavark $python)
  for one in iptables nftables; do
    hand_empty $one >"$dir/hand-$one-empty"
    for ((g = 1; g <= guests; g++)); do hand_guest $one $g >"$dir/hand-$one-g$g"; done
    config $one 1 false others >"$dir/$one-20.json"
  done
  guests_config

  : >"$dir/guests"
  for way in at-once in-turn; do
    count=$guests
    [ $way = at-once ] || count=-$guests
    for one in "${all[@]}"; do
      host "$one-$way"
      case $one in
        hand-*) hand_base "$one-$way" "${one#hand-}" ;;
        netavark) for ((g = 1; g <= guests; g++)); do on $one-$way ip netns add g$g; done ;;
      esac
      guest_end_of "$one"
      local end=("$input" "$command")
      guest_start_of "$one"
      if complete "$one" "$one-$way" $count; then
        plan "$one-$way" $count "guests/$way/$one" "$input" "$command" \
          "guests-stop/$way/$one" "${end[@]}" >>"$dir/guests"
      else
        printf '%s\tfailed\n' "guests/$way/$one" "guests-stop/$way/$one" >>"$samples"
      fi
    done
    for one in "${ours[@]}"; do per "guests/$way/$one/times" "guests/$way/$one" "guests/$way/hand-${one#hookaot-}"; done
  done
  measure 5 20 <"$dir/guests"
  for way in at-once in-turn; do
    for one in "${all[@]}"; do gone "$one-$way"; done
  done
}

# Starts the guests once, and looks whether each of their 200 forwards is there.
complete() { # CONTENDER HOST COUNT
  plan "$2" "$3" "trial/$1" "$input" "$command" >"$dir/trial"
  "$dir/stopwatch" 1 1 0 <"$dir/trial" >"$dir/trialled" || die "the stopwatch failed"
  ! grep -q failed "$dir/trialled" && has_all "$2" $((guests * 10)) '(192\.168\.122|10\.88\.0)\.1[0-9]+' && return
  case $1 in hookaot-* | hand-*) die "$1 has to have all" ;; esac
  return 1
}

# ---- growth with rules of others: half of them in filter, half in nat

part_foreign() {
  local rules one name derived_of
  for one in iptables nftables; do
    config $one 10 false >"$dir/$one-10.json"
    host record
    record record $one 10 tool-$one
    gone record
  done
  for rules in 0 1000 10000; do
    {
      for one in filter nat; do
        echo "*$one"
        echo ':OTHERS - [0:0]'
        seq $((rules / 2)) | awk '{ printf "-A OTHERS -s 10.%d.%d.0/24 -p tcp --dport %d -j RETURN\n",
          $1 / 256 % 256, $1 % 256, 1 + $1 % 60000 }'
        echo COMMIT
      done
    } >"$dir/others"
    for one in "${ours[@]}" "${floors[@]}"; do
      name=$one-beside-$rules
      host "$name"
      on "$name" /usr/sbin/iptables-restore -w 10 --noflush <"$dir/others" || die "no rules of others"
      stop_of "$one" 10
      local end=("$input" "$command")
      start_of "$one" 10
      run_in "$name" || die "$(cat "$dir/log")"
      plan "$name" 1 "foreign/$rules/$one" "$input" "$command" "foreign-stop/$rules/$one" "${end[@]}"
      derived_of=foreign/$rules/$one
      [ $rules -eq 0 ] || minus "$derived_of/more" "$derived_of" "foreign/0/$one"
    done
  done >"$dir/foreign"
  measure 4 20 <"$dir/foreign"
  for rules in 0 1000 10000; do
    for one in "${ours[@]}" "${floors[@]}"; do has_all "$one-beside-$rules" 10 || exit 1; done
  done
  for rules in 0 1000 10000; do
    for one in iptables nftables; do
      per foreign/$rules/hookaot-$one/times foreign/$rules/hookaot-$one foreign/$rules/tool-$one
    done
  done
  for rules in 0 1000 10000; do
    for one in "${ours[@]}" "${floors[@]}"; do gone "$one-beside-$rules"; done
  done
}

# ---- the packet's way

part_path() {
  local one n name root
  : >"$dir/path-plan"
  for one in iptables nftables; do
    for n in direct hand 1 100 1000; do
      name=$one-$n
      host "$name"
      ends "$name"
      libvirt_firewall "$name" $one $n
      root=/proc/${pids[$name]}/root/run/netns
      case $n in
        direct)
          on "$name" ip -n client route add 192.168.122.0/24 via 192.168.0.166
          echo "path/$one/$n $root/client $root/web 192.168.122.2 30001 30001" >>"$dir/path-plan"
          continue ;;
        hand)
          hand_base "$name" $one
          by_hand $one 10000 30000 2 1 192.168.122.2 >"$dir/hand"
          tool_of $one
          input=$dir/hand
          run_in "$name" || die "$(cat "$dir/log")"
          echo "path/$one/$n $root/client $root/web $public 10002 30001" >>"$dir/path-plan" ;;
        *)
          config $one $n false >"$dir/$one-$n.json"
          start_of hookaot-$one $n
          run_in "$name" || die "$(cat "$dir/log")"
          echo "path/$one/$n $root/client $root/web $public $(public_port $n) $(guest_port $n)" >>"$dir/path-plan" ;;
      esac
      per path/$one/$n/connect/times path/$one/$n/connect path/$one/direct/connect
      per path/$one/$n/roundtrip/times path/$one/$n/roundtrip path/$one/direct/roundtrip
    done
  done
  locked "$dir/path" $((rounds * 30)) <"$dir/path-plan" >>"$samples" || die "a connection failed"
  for one in iptables nftables; do
    for n in direct hand 1 100 1000; do gone $one-$n; done
  done
}

# libvirt's own rules, so that connections are tracked on either way. With "direct" a client that knows a route to the
# guest is let through; with "hand" what is translated.
libvirt_firewall() { # HOST BACKEND WAY
  local rule
  case $2 in
    iptables)
      on "$1" /usr/sbin/iptables-restore -w 10 --noflush <tests/lab/libvirt-9.rules || die "no rules of libvirt"
      case $3 in
        direct) on "$1" /usr/sbin/iptables -I FORWARD -i eth0 -d 192.168.122.2 -j ACCEPT ;;
        hand) on "$1" /usr/sbin/iptables -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT ;;
      esac ;;
    nftables)
      on "$1" /usr/sbin/nft -f - <tests/lab/libvirt-nft.rules || die "no rules of libvirt"
      rule="insert rule ip libvirt_network guest_input"
      case $3 in
        direct) on "$1" /usr/sbin/nft "$rule iifname eth0 ip daddr 192.168.122.2 accept" ;;
        hand) on "$1" /usr/sbin/nft "$rule ct status dnat accept" ;;
      esac ;;
  esac
}

# ---- commands

part_commands() {
  local one n of
  {
    host commands
    echo "<domstatus state='running'>$(domain web)</domstatus>" >"$dir/status.xml"
    plan commands 1 commands/empty '' "$dir/empty"
    plan commands 1 commands/help '' "$hookctrl --help"
    for n in 1 100 10000; do
      config iptables $n false >"$dir/iptables-$n.json"
      plan commands 1 commands/list-$n '' "CONFIG_FILENAME=$dir/iptables-$n.json $hookctrl list"
    done
    for one in iptables nftables; do
      for n in 10 10000; do
        host edit-$one-$n
        config $one $n false >"$dir/$one-$n.json"
        # An edit writes beside the file.
        on edit-$one-$n cp "$dir/status.xml" /run/libvirt/qemu/web.xml
        on edit-$one-$n cp "$dir/$one-$n.json" /run/config.json
        of="CONFIG_FILENAME=/run/config.json $hookctrl port"
        on edit-$one-$n env CONFIG_FILENAME=/run/config.json "$hook" web start begin - <"$dir/web.xml" 2>"$dir/log" ||
          die "$(cat "$dir/log")"
        # shellcheck disable=SC2086 # words
        on edit-$one-$n env $of add web 9000:90 >"$dir/log" 2>&1 || die "$(cat "$dir/log")"
        plan edit-$one-$n 1 commands/add-$n/$one '' "$of add web 9000:90" \
          commands/remove-$n/$one '' "$of remove web 9000"
      done
    done
  } >"$dir/commands"
  measure 3 20 <"$dir/commands"
  for of in help list-1 list-10000; do per commands/$of/times commands/$of commands/empty; done
  gone commands
  for one in iptables nftables; do gone edit-$one-10 edit-$one-10000; done
}

# ---- how large it is

part_size() {
  size_of linux-x64 "$binary"
  [ ! -e artifacts/linux-arm64/hookaot ] || size_of linux-arm64 artifacts/linux-arm64/hookaot
  size_of empty "$dir/empty"
}

size_of() { printf "size/%s\t0\t%s\n" "$1" "$(stat -c %s "$2")" >>"$samples"; } # NAME FILE
