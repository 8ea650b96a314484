# shellcheck shell=bash
# For scripts/torture.sh: a hundred guests come and go at the same time.
# shellcheck disable=SC2154 # seed, results and the world's are torture.sh's
storm_guests=100

configure_storm() { # BACKEND
  local n
  {
    echo "{ \"backend\": \"$1\", \"machines\": {"
    for ((n = 1; n <= storm_guests; n++)); do
      [ $n -eq 1 ] || echo ,
      echo "\"g$n\": { \"private_ip\": \"192.168.122.$((n + 1))\", \"port_map\": [[$((8000 + n)), 80]] }"
      guest g$n
    done
    echo "} }"
  } >hooks/config.json
}

# The end of a storm, as a shell's loop over the guests says it.
storm_ends() { # WHEN WANTED
  local is
  is=$(translations)
  if [ "$is" != "$2" ]; then
    diff <(echo "$2") <(echo "$is") >difference
    failure "storm $backend" "--only storm --backend $backend" "$1: other forwards than wanted" difference hook.out
    faults=$((faults + 1))
  elif [ -s hook.out ]; then
    failure "storm $backend" "--only storm --backend $backend" "$1: a hook says something" hook.out
    faults=$((faults + 1))
  fi
  done=$((done + 1))
  rm -f hook.out
}
wanted_of() { # NUMBERS
  local n
  for n in "$@"; do echo "$((8000 + n)) 192.168.122.$((n + 1)):80"; done | sort
}

storm() { # BACKEND
  local n all odd even clean done=0 faults=0 pids
  backend=$1
  wipe
  configure_storm "$1"
  # Once, so that the tables which iptables-nft makes are there before.
  start g1 && stop g1
  clean=$(kernel)
  all=$(seq $storm_guests) odd=$(seq 1 2 $storm_guests) even=$(seq 2 2 $storm_guests)
  for n in $all; do start g"$n" & done
  wait
  # shellcheck disable=SC2086 # lists of numbers
  storm_ends "$storm_guests guests start" "$(wanted_of $all)"
  for n in $odd; do stop g"$n" & done
  wait
  # shellcheck disable=SC2086
  storm_ends "half of them stop" "$(wanted_of $even)"
  for n in $odd; do
    start g"$n" &
    stop g$((n + 1)) &
  done
  wait
  # shellcheck disable=SC2086
  storm_ends "they change places" "$(wanted_of $odd)"
  # Hooks are killed at random moments, and libvirt goes on: to the end of a guest whose start failed.
  for n in $even; do
    {
      hooks/qemu g"$n" start begin - <"xml/g$n" >>hook.out 2>>hook.log &
      pids=$!
      sleep 0.$((RANDOM % 10))$((RANDOM % 10))
      kill -KILL $pids 2>/dev/null
      if wait $pids; then runs g"$n"; else stop g"$n"; fi
    } 2>/dev/null &
  done
  wait
  for n in $even; do [ ! -e "libvirt/qemu/g$n.xml" ] || odd+=" $n"; done
  # shellcheck disable=SC2086
  storm_ends "hooks are killed" "$(wanted_of $odd)"
  for n in $all; do stop g"$n" & done
  wait
  storm_ends "all stop" ""
  if [ "$(kernel)" != "$clean" ]; then
    diff <(echo "$clean") <(kernel) >difference
    failure "storm $backend" "--only storm --backend $backend" "something stays behind" difference
    faults=$((faults + 1))
  fi
  say "RUNS	storm $backend	5	$done	0	$faults"
}

role_storm() {
  RANDOM=$seed
  for backend in $backends; do storm "$backend"; done
}
