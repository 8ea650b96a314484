# shellcheck shell=bash
# For scripts/torture.sh: a system call of "hookctrl watch" fails while it looks, or while it repairs.
# shellcheck disable=SC2154 # seed, results and the world's are torture.sh's
# shellcheck disable=SC2034 # broken names the scenario
# A watcher that is blind for one kind of news looks every half a minute (WatchPace.cs); with what fails once it waits a
# second, and two, and four.
patience=40

watch_world() {
  scenario=watch
  wipe
  configure "$backend"
  start g1
  start g2
}

damage() {
  if [ "$backend" = iptables ]; then iptables -w -t nat -F HOOKAOT-LOCAL; else nft delete table ip hookaot; fi
}

comes_back() { # SECONDS
  local end=$((SECONDS + $1))
  until [ "$(kernel)" = "$whole" ]; do
    [ $SECONDS -lt $end ] || return 1
    kill -0 "$watcher" 2>/dev/null || return 2
    sleep .05
  done
}

looks() { # until the first look is over: the lock of a watcher is there, and the processor is left alone
  local i
  for ((i = 0; i < 20; i++)); do [ -e run/watch ] && break; sleep .02; done
  sleep .12
}

watcher_up() { # [FAULT'S WORDS...]
  "$@" hooks/hookctrl watch >>watch.out 2>>watch.log &
  watcher=$!
}
watcher_down() {
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
}

torment_watch() { # WHOSE WHAT K
  local line
  hit="" why=""
  watch_world
  rm -f watch.log watch.out difference
  whole=$(kernel)
  before=$(<hooks/config.json)
  watcher_up ./fault -t 100000 -w "$1" -e "$2" -k "$3" -o report
  looks
  damage
  comes_back $patience
  case $? in
    1) bad "rules that were taken out are not back after $patience s" "$whole" "$(kernel)" ;;
    2) # it ended, as it may where it cannot begin to watch; systemd starts another
      ! wait "$watcher" || bad "the watcher ended with 0"
      watcher_up
      comes_back 10 || bad "the next watcher does not bring back what was taken out" ;;
  esac
  watcher_down
  while read -r line; do
    case $line in
      failed*) hit=$line ;;
      left) bad "a process was left behind" ;;
    esac
  done <report
  [ "$(kernel)" = "$whole" ] || bad "other rules after its end"
  [ "$(<hooks/config.json)" = "$before" ] || bad "config.json is another"
  [ ! -s watch.out ] || bad "it wrote to stdout"
}

# Its calls are counted in a run in which nothing fails.
learn_watch() {
  torment_watch own KILL 0
  cp report trace
  [ -z "$why" ] || { broken "undisturbed: $why" watch.log; return 1; }
}

role_watch() {
  scenario=watch
  local n done=0 idle=0 faults=0 until=$((SECONDS + seconds)) all
  # One backend a worker, or both one after the other.
  backend=$(cut -d' ' -f$((place % $(wc -w <<<"$backends") + 1)) <<<"$backends")
  if [ -n "$run" ]; then
    IFS=: read -r whose what k <<<"$run"
    torment_watch "$whose" "$what" "$k"
    echo "${hit:-nothing failed}: ${why:-all holds}"
    cat watch.log difference 2>/dev/null
    say "RUNS	watch $backend	1	1	0	$([ -z "$why" ] && echo 0 || echo 1)"
    return
  fi
  learn_watch || return
  all=$(runs_of_scenario | grep -v '^runtime' | shuffled 7)
  n=0
  while read -r whose what k; do
    n=$((n + 1))
    [ $((n % (workers / 2))) -eq $((place / 2 % (workers / 2))) ] || continue
    [ $SECONDS -lt $until ] || break
    torment_watch "$whose" "$what" "$k"
    done=$((done + 1))
    [ -n "$hit" ] || idle=$((idle + 1))
    [ -n "$why" ] || continue
    faults=$((faults + 1))
    failure "watch $backend" "--only watch --backend $backend --run $whose:$what:$k" \
      "$why (${hit:-nothing failed})" watch.log difference
  done <<<"$all"
  say "RUNS	watch $backend	$(wc -l <<<"$all")	$done	$idle	$faults"
}
