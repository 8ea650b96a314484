# shellcheck shell=bash
# For scripts/torture.sh: whatever may happen to a host, in any order, beside a model of what must be in the kernel.
# shellcheck disable=SC2154 # seed, results and the world's are torture.sh's

# The model: which guest runs, and which port of the host is whose and leads to which port there.
declare -A running address owner target
chaos_guests=(a b c d e f)

wanted() {
  local port
  for port in "${!owner[@]}"; do
    [ "${running[${owner[$port]}]}" -eq 0 ] || echo "$port ${address[${owner[$port]}]}:${target[$port]}"
  done | sort
}

chaos_world() {
  local n=0 name
  wipe
  owner=() target=()
  {
    echo "{ \"backend\": \"$backend\", \"machines\": {"
    for name in "${chaos_guests[@]}"; do
      n=$((n + 1))
      running[$name]=0 address[$name]=192.168.122.$((n + 1))
      guest "$name"
      [ $n -eq 1 ] || echo ,
      echo "\"$name\": { \"private_ip\": \"192.168.122.$((n + 1))\", \"port_map\": [[$((9000 + n)), 80]] }"
      owner[$((9000 + n))]=$name target[$((9000 + n))]=80
    done
    echo "} }"
  } >hooks/config.json
}

note() { echo "step $step: $*" >>story; }
pick() { guest_name=${chaos_guests[RANDOM % ${#chaos_guests[@]}]}; }

toggle() {
  pick
  if [ "${running[$guest_name]}" -eq 1 ]; then
    note "stop $guest_name"
    stop "$guest_name"
    running[$guest_name]=0
  else
    note "start $guest_name"
    start "$guest_name"
    running[$guest_name]=1
  fi
}

several() {
  local name
  for name in "${chaos_guests[@]:$((RANDOM % 3)):3}"; do
    if [ "${running[$name]}" -eq 1 ]; then
      note "stop $name, beside others"
      running[$name]=0
      stop "$name" &
    else
      note "start $name, beside others"
      running[$name]=1
      start "$name" &
    fi
    pids+=($!)
  done
  wait "${pids[@]}"
  pids=()
}

# After a start that failed libvirt ends the guest; after "stopped" comes "release" in any case.
killed_hook() {
  local code moment=0.0$((RANDOM % 6))$((RANDOM % 10))
  pick
  if [ "${running[$guest_name]}" -eq 1 ]; then
    runs_not "$guest_name"
    hooks/qemu "$guest_name" stopped end - <"xml/$guest_name" >>hook.out 2>>hook.log &
  else
    hooks/qemu "$guest_name" start begin - <"xml/$guest_name" >>hook.out 2>>hook.log &
  fi
  sleep $moment
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
  code=$?
  note "SIGKILL after $moment s for the hook of $guest_name, which was ${running[$guest_name]}: $code"
  if [ "${running[$guest_name]}" -eq 1 ]; then
    hook "$guest_name" release end
    running[$guest_name]=0
  elif [ $code -eq 0 ]; then
    runs "$guest_name"
    running[$guest_name]=1
  else
    stop "$guest_name"
  fi
}

add_port() {
  local port=$((9100 + RANDOM % 40)) to=$((81 + RANDOM % 9))
  pick
  note "port add $guest_name $port:$to"
  hooks/hookctrl port add "$guest_name" $port:$to >>edits 2>&1
  case $?:${owner[$port]:-} in
    0:) owner[$port]=$guest_name target[$port]=$to ;;
    0:"$guest_name") [ "${target[$port]}" = $to ] || wrong "the port $port was given twice" ;;
    0:*) wrong "the port $port was taken from ${owner[$port]}" ;;
    1:) wrong "port add $guest_name $port:$to is refused" ;;
  esac
}

remove_port() {
  local port
  for port in "${!owner[@]}"; do
    [ "$port" -ge 9100 ] || continue
    note "port remove ${owner[$port]} $port"
    hooks/hookctrl port remove "${owner[$port]}" "$port:${target[$port]}" >>edits 2>&1 || wrong "port remove is refused"
    unset "owner[$port]" "target[$port]"
    return
  done
}

killed_edit() {
  local port=$((9200 + step)) moment=0.0$((RANDOM % 5))$((RANDOM % 10))
  pick
  hooks/hookctrl port add "$guest_name" $port:80 >>edits 2>&1 &
  sleep $moment
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
  note "SIGKILL after $moment s for port add $guest_name $port:80: $?"
  hooks/hookctrl check >>edits 2>&1 || wrong "config.json is broken by an edit that was killed"
  # Either the old file or the new one: which it is, it says itself.
  ! hooks/hookctrl list --json | grep -q "\"$port" || { owner[$port]=$guest_name target[$port]=80; }
  # What it did not come to is what apply is for, or a watcher.
}

take_out() {
  local rule
  case $((RANDOM % 7)) in
    0) note "nft flush ruleset" && nft flush ruleset && iptables-restore <<<"$others" ;;
    1) note "iptables -t nat -F" && iptables -w -t nat -F ;;
    2) note "iptables -F" && iptables -w -F && iptables-restore -n <<<"$others" ;;
    3) note "iptables -t nat -X" && iptables -w -t nat -F && iptables -w -t nat -X ;;
    4) note "nft delete table ip hookaot" && nft delete table ip hookaot ;;
    5)
      note "one rule of HOOKAOT-FWD"
      iptables -w -D HOOKAOT-FWD 1
      rule=$(nft -a list chain ip nat HOOKAOT-LOCAL | sed -n 's/.*# handle //p' | tail -1)
      [ -z "$rule" ] || nft delete rule ip nat HOOKAOT-LOCAL handle "$rule" ;;
    6)
      note "one element of nft's map"
      nft flush map ip hookaot tcp_any_ports ;;
  esac >>edits 2>&1
}

other_backend() {
  [ "$backend" = iptables ] && backend=nftables || backend=iptables
  note "set backend $backend"
  hooks/hookctrl set backend "$backend" >>edits 2>&1 || wrong "set backend $backend failed"
}

watcher_again() {
  note "SIGKILL for the watcher, and another"
  kill -KILL "$watcher"
  wait "$watcher" 2>/dev/null
  watcher_up
}

wrong() {
  problem=${problem:-$*}
  note "WRONG: $*"
}

# By turns a new watcher finds what is not as it should be, or a person says "apply" without one.
quiet_point() {
  local end is rules
  if [ $((step / 6 % 2)) -eq 0 ]; then
    watcher_again
    end=$((SECONDS + 15))
    until [ "$(translations)" = "$(wanted)" ] || [ $SECONDS -ge $end ]; do sleep .05; done
    # What the watcher had to do it has done when it says nothing new for a while.
    sleep .3
  else
    kill -KILL "$watcher"
    wait "$watcher" 2>/dev/null
    hooks/hookctrl apply >>edits 2>&1 || wrong "apply failed"
  fi
  is=$(translations)
  [ "$is" = "$(wanted)" ] || { wrong "other forwards than wanted"; diff <(wanted) <(echo "$is") >difference; }
  rules=$(kernel)
  hooks/hookctrl apply >>edits 2>&1 || wrong "apply failed"
  [ "$(kernel)" = "$rules" ] || { wrong "apply changes something"; diff <(echo "$rules") <(kernel) >difference; }
  hooks/hookctrl status >/dev/null 2>>edits || wrong "status says that not everything is in force"
  [ "$(iptables -S FORWARD | grep -c -- '-i virbr0 -j ACCEPT')" -eq 1 ] || wrong "the rule of another program is gone"
  [ ! -s hook.out ] || wrong "a hook wrote to stdout, or ended with another code than 0"
  [ ! -s watch.out ] || wrong "the watcher wrote to stdout"
  [ $((step / 6 % 2)) -eq 0 ] || watcher_up
}

chaos_step() {
  case $((RANDOM % 16)) in
    [0-3]) toggle ;;
    4) several ;;
    [5-7]) killed_hook ;;
    8 | 9) add_port ;;
    10) remove_port ;;
    11) killed_edit ;;
    12 | 13 | 14) take_out ;;
    15) if [ $((RANDOM % 3)) -eq 0 ]; then other_backend; else watcher_again; fi ;;
  esac
}

# A life of 120 steps, and the next one with the next seed.
role_chaos() {
  local until=$((SECONDS + seconds)) life=$seed points=0 faults=0 lives=0
  pids=()
  life=$((life + 1000 * place))
  # With the seed of a life, as a failure names it, only that one.
  [ -z "$run" ] || life=$run
  backend=$(cut -d' ' -f$((place % $(wc -w <<<"$backends") + 1)) <<<"$backends")
  local first=$backend
  while [ $SECONDS -lt $until ]; do
    RANDOM=$life problem="" backend=$first
    rm -f story edits hook.log watch.log watch.out difference
    chaos_world
    watcher_up
    for ((step = 1; step <= 120; step++)); do
      chaos_step
      [ $((step % 6)) -eq 0 ] || continue
      points=$((points + 1))
      quiet_point
      [ -z "$problem" ] || break
      [ $SECONDS -lt $until ] || break
    done
    watcher_down
    lives=$((lives + 1))
    if [ -n "$problem" ]; then
      faults=$((faults + 1))
      tail -12 story >last
      failure "chaos $first" "--only chaos --backend $first --run $life" "step $step: $problem" difference last
    fi
    life=$((life + 1))
    [ -z "$run" ] || break
  done
  say "RUNS	chaos $first, $lives lives	-	$points	0	$faults"
}
