# shellcheck shell=bash
# For scripts/torture.sh: one command with one system call that fails, and what has to hold after it.
# shellcheck disable=SC2154 # seed, results, deadline and the world's are torture.sh's

errors="EIO ENOSPC EMFILE ENOMEM EACCES EINTR EROFS"
only_whose=""

configure() { # BACKEND
  local first='"192.168.122.2"'
  [[ $scenario != *ipv6 ]] || first='["192.168.122.2", "fd00:122::2"]'
  cat >hooks/config.json <<JSON
{
  // kept by every edit
  "backend": "$1",
  "machines": {
    "g1": { "private_ip": $first, "port_map": [[8001, 80], [8011, 81]] },
    "g2": { "private_ip": "192.168.122.3", "port_map": [[8002, 80]] },
    "g3": { "private_ip": "192.168.122.4", "port_map": [[8003, 80]] }
  },
  "networks": { "default": "192.168.122.0/24" }
}
JSON
}

prepare() {
  wipe
  configure "$backend"
  guest g1
  guest g2
  case $scenario in
    start-first | start-ipv6) ;;
    start-beside | network) start g1 ;;
    stop | apply) start g1; start g2; all_are_old ;;
    stop-last) start g2; all_are_old ;;
    undo) start g1; start g2; hooks/hookctrl port add g2 8222:82 >/dev/null 2>>hook.log ;;
    *) start g1; start g2 ;;
  esac
  case $scenario in
    stop*) runs_not g2 ;;
    network) network_runs default ;;
    network-*) for name in default lan; do network_runs $name && hooks/network $name started begin - <xml/$name; done ;;
    apply) iptables -w -t nat -F 2>/dev/null; nft delete table ip hookaot 2>/dev/null ;;
    import)
      echo "{ \"g8\": { \"interface\": \"virbr0\", \"private_ip\": \"192.168.122.9\",
        \"port_map\": { \"tcp\": [[8008, 80]] } } }" >hooks.json
      guest g8 && runs g8 ;;
  esac
}

# The command that is tortured; its words are in "${act[@]}", its standard input is the file $input.
choose() {
  local ctl=hooks/hookctrl
  input=/dev/null
  case $scenario in
    start-ipv6) input=xml/g1 act=(hooks/qemu g1 start begin -) ;;
    start*) input=xml/g2 act=(hooks/qemu g2 start begin -) ;;
    stop*) input=xml/g2 act=(hooks/qemu g2 stopped end -) ;;
    network) input=xml/default act=(hooks/network default started begin -) ;;
    apply) act=("$ctl" apply) ;;
    port-add) act=("$ctl" port add g2 8102:81) ;;
    port-set) act=("$ctl" port set g2 8002 --to 88) ;;
    port-remove) act=("$ctl" port remove g1 8011:81) ;;
    machine-add) act=("$ctl" machine add g5 --private-ip 192.168.122.6) ;;
    machine-remove) act=("$ctl" machine remove g2 --force) ;;
    machine-rename) act=("$ctl" machine rename g2 g7) ;;
    network-add) act=("$ctl" network add lan 192.168.123.0/24) ;;
    network-remove) act=("$ctl" network remove default) ;;
    set) act=("$ctl" set public_ip 192.168.122.1) ;;
    undo) act=("$ctl" undo) ;;
    import) act=("$ctl" import hooks.json) ;;
  esac
  [ "${act[0]}" = $ctl ] && is_hook=0 || is_hook=1
  mine=g2
  [ "$scenario" != start-ipv6 ] || mine=g1
}

# What libvirt does after the command: a guest whose hook has not failed runs.
follow() { # CODE
  case $scenario in start*) [ "$1" -ne 0 ] || runs "$mine" ;; esac
}
next() { start g3; }
# The event or command that src/README.md names for a hook that was killed before it left its event.
mend() {
  case $scenario in
    start*) stop "$mine" ;;
    *) hooks/hookctrl apply >/dev/null 2>>hook.log ;;
  esac
}

# What is there without any fault: before (old), after (new), after the next event (next), and after the next event
# if this one never was (lost), with what mends that.
learn() {
  local code again
  choose
  prepare
  old=$(kernel) old_config=$(<hooks/config.json)
  ./fault -v -o report "${act[@]}" <"$input" >out 2>>hook.log
  code=$?
  cp report trace
  # The call by which the event is left, counted as those before which a signal comes.
  left_at=$(awk '/^call own / { n++ } /^call own rename .*events/ { print n; exit }' trace)
  follow $code
  new=$(kernel) new_config=$(<hooks/config.json)
  next
  next=$(kernel)
  mend
  final=$(kernel)
  prepare
  next
  lost=$(kernel)
  mend
  again=$(kernel)
  [ $code -eq 0 ] || { broken "the undisturbed command ends with $code" hook.log; return 1; }
  [ ! -s hook.out ] || { broken "an undisturbed hook says something" hook.out; return 1; }
  [ "$old" != "$new" ] || [ "$scenario" = machine-add ] ||
    { broken "the undisturbed command changes nothing" hook.log; return 1; }
  [ "$new" != "$next" ] || { broken "the next event changes nothing" hook.log; return 1; }
  [ "$is_hook" -eq 0 ] || [ "$again" = "$final" ] ||
    { broken "a lost event is not mended" <(diff <(echo "$final") <(echo "$again")); return 1; }
  synced_before_renamed
}
broken() { # WHY [FILE...]
  local why=$1
  shift
  failure "$scenario $backend" "--only $scenario" "$why" "$@"
}

# A power cut keeps what was synced only, which no killed process shows: the new file is synced before it gets its name,
# and the name after it.
synced_before_renamed() {
  local order
  [ "$old_config" != "$new_config" ] || return 0
  order=$(awk '/^call own (write|pwrite64|fsync|fdatasync|rename|renameat|renameat2) .*(hooks\/?$|\.config\.json)/ {
    printf "%s ", $3 }' trace)
  [[ $order =~ write(64)?\ (f(data)?sync)\ rename(at2?)?\ fsync ]] && return 0
  broken "config.json is replaced in the order: $order" trace
  return 1
}

# In the order in which they are committed; in one line what is one commit (ConvergeSteps.cs, IptablesLayout.cs). What
# goes as a whole goes in the reverse order (IptablesAssumptions.cs).
commits() {
  if [ "$backend" = nftables ]; then
    printf '%s\n' "ip filter" "ip6 filter" "ip hookaot,ip6 hookaot"
  elif [ "$scenario" = stop-last ]; then
    printf '%s\n' "ip nat" "ip filter" "ip raw" "ip6 nat" "ip6 filter"
  else
    printf '%s\n' "ip raw" "ip filter" "ip nat" "ip6 filter" "ip6 nat"
  fi
}

# Whether the kernel's rules are old up to one commit, and new before it: prints what is not.
is_mixture() { # RULES
  local tables rest="" is seen_old=0 o n
  while read -r tables; do
    is=$(of "$1" "$tables") o=$(of "$old" "$tables") n=$(of "$new" "$tables")
    rest+="${rest:+|}${tables//,/|}"
    [ "$o" != "$n" ] || { [ "$is" = "$o" ] || { echo "$tables is another"; return 1; }; continue; }
    if [ "$is" = "$o" ]; then seen_old=1
    elif [ "$is" != "$n" ]; then echo "$tables is neither the old nor the new"; return 1
    elif [ $seen_old -eq 1 ]; then echo "$tables is new, and what comes before it is old"; return 1
    fi
  done < <(commits)
  [ "$(grep -vE "^($rest)	" <<<"$1")" = "$(grep -vE "^($rest)	" <<<"$old")" ] ||
    { echo "a table that is not ours is another"; return 1; }
}
of() { grep -E "^(${2//,/|})	" <<<"$1"; } # RULES TABLES

# One run with one fault. Sets why to what does not hold, hit to the call that failed, third to 1 where rules were there
# for a while that are neither the old nor the new ones, and applied to 1 where an event did not mend that.
torment() { # WHOSE WHAT K
  local code rules config line killed=0 left="" ended="" was_noted=0
  hit="" why="" third=0 applied=0
  prepare
  ./fault -w "$1" -e "$2" -k "$3" -o report "${act[@]}" <"$input" >out 2>err
  code=$?
  while read -r line; do
    case $line in
      failed*) hit=$line ;;
      exit* | signal*) ended=$line ;;
      hung | left) left=$line ;;
    esac
  done <report
  [ "$left" != hung ] || { bad "it did not end within 70 s"; return; }
  [ -z "$left" ] || bad "a process was left behind"

  # Who was killed, by us, or by a runtime that has no memory or cannot start, owes no exit code.
  case $1:$2 in
    own:KILL | own:TERM | *:ALL) [ -z "$hit" ] || killed=1 ;;
    runtime:*) [ $code -eq 0 ] || killed=1 ;;
    own:ENOMEM) [[ $hit == *" m"@(map|protect)" "* && $ended == signal* ]] && killed=1 ;;
  esac
  if [ $killed -eq 0 ]; then
    [[ $ended == exit* ]] || bad "it died: $ended"
    [ "$is_hook" -eq 0 ] || [ $code -eq 0 ] || bad "the hook ended with $code"
    [ $code -le 1 ] || bad "it ended with $code"
  fi
  [ "$is_hook" -eq 0 ] || [ ! -s out ] || bad "the hook wrote to stdout"

  rules=$(kernel)
  config=$(<hooks/config.json)
  [ "$config" = "$old_config" ] || [ "$config" = "$new_config" ] ||
    bad "config.json is neither the old nor the new"
  if [ "$rules" != "$old" ] && [ "$rules" != "$new" ] && ! line=$(is_mixture "$rules"); then
    if may_be_third "$1" "$2"; then third=1; else bad "in the kernel: $line" "$new" "$rules"; fi
  fi
  if [ "$is_hook" -eq 0 ] && [ $killed -eq 0 ] && [ $code -eq 0 ]; then
    [ "$config" = "$new_config" ] || bad "hookctrl says that it is done, and config.json is the old one"
    [ "$rules" = "$new" ] || [ $third -eq 1 ] ||
      bad "hookctrl says that it is done, and other rules are in the kernel" "$new" "$rules"
  fi

  [ $killed -eq 0 ] || was_noted=$(noted "$1" "$3")
  follow $code
  next
  local wanted=$next or=$next
  [ "$config" = "$new_config" ] || wanted=$lost or=$lost
  [ $killed -eq 0 ] || [ "$was_noted" -eq 1 ] || or=$lost
  rules=$(kernel)
  if [ "$rules" != "$wanted" ] && [ "$rules" != "$or" ]; then
    if is_untrue "$1" "$2" || has_no_memory "$1" "$2" || is_told_to_apply; then
      applied=1
      hooks/hookctrl apply >/dev/null 2>>hook.log
      rules=$(kernel | jumps_once)
      [ "$rules" = "$wanted" ] || bad "after an apply other rules are in the kernel" "$wanted" "$rules"
    else
      bad "after the next event other rules are in the kernel" "$wanted" "$rules"
    fi
  fi
  if [ $killed -eq 1 ] && [ "$is_hook" -eq 1 ]; then
    mend
    rules=$(kernel)
    [ "$rules" = "$final" ] || bad "it is not mended" "$final" "$rules"
  fi
  [ ! -s hook.out ] || bad "an undisturbed hook after it says something, or fails"
  for line in run/events/*; do
    [[ $line == *.tmp ]] || bad "an event is left in the spool"
  done
  for line in hooks/.config.json*; do
    hooks/hookctrl machine add zz --no-apply >/dev/null 2>>hook.log
    [ ! -e "$line" ] || bad "the next edit does not clear $line"
  done
}

bad() { # WHAT [WANTED IS]
  why+="${why:+; }$1"
  [ $# -eq 1 ] || diff <(echo "$2") <(echo "$3") >difference
}

# Whether rules that are neither old nor new, nor a mixture in the order of the commits, are no fault of the hook's as
# long as they are mended: it says what it could not read, and takes less; it says that a tool failed, and the steps
# after that are tried all the same (src/README.md); or the tool did not say the truth.
may_be_third() { # WHOSE WHAT
  grep -qE "cannot be read|the rules are not in place" err || is_untrue "$1" "$2"
}

# A call of the tool failed, and the tool went on. iptables-nft takes a rule that is there for missing, or makes another
# one, where the kernel does not answer it, and ends with 0; iptables-save does so with half a listing. A hook believes
# that; hookctrl apply looks at the kernel, and mends it at the latest. Only a jump of another revision of its match may
# stay beside the right one: iptables -D does not find it.
is_untrue() { # WHOSE WHAT
  [ "$1" = tool ] && [[ $2 == E* ]]
}
# The config has a guest since that runs already, of which no event tells any more: hookctrl says that this is not done.
is_told_to_apply() { [ "$is_hook" -eq 0 ] && grep -q "not in force" err; }
# The runtime had no memory for the hook's work, which says so, and has not left its event.
has_no_memory() { # WHOSE WHAT
  [ "$1:$2" = own:ENOMEM ] && [[ $hit == *" m"@(map|protect)" "* ]] && grep -q OutOfMemoryException err
}
jumps_once() {
  awk -F';' '{
    text = $1
    split("", seen)
    for (i = 2; i <= NF; i++) if ($i !~ / -j HOOKAOT-/ || !seen[$i]++) text = text ";" $i
    print text }'
}

# Whether a hook that was killed had left its event, or has recorded it: then the next event has to include it. The
# runtime makes a call more or less now and then.
noted() { # WHOSE K
  local state=""
  if [ -n "$left_at" ] && { [ "$1" = tool ] || { [ "$1" = own ] && [ "$2" -gt $((left_at + 4)) ]; }; }; then
    echo 1
    return
  fi
  [ ! -e run/state.json ] || state=$(<run/state.json)
  case $scenario:$state in
    start*\"Name\":\"$mine\"* | network:*\"Name\":\"default\"*) echo 1 ;;
    stop*\"Name\":\"$mine\"*) echo 0 ;;
    stop*:?*) echo 1 ;;
    *) echo 0 ;;
  esac
}

# All of one scenario's runs: "WHOSE WHAT K" each. K of one more than was counted: nothing may fail any more.
runs_of_scenario() {
  awk -v errors="$errors" -v only="$only_whose" '
    BEGIN {
      n = split(errors, name, " ")
      for (i = 1; i <= n; i++) asked["own " name[i]] = asked["tool " name[i]] = asked["runtime " name[i]] = 1
      n = split("own KILL,own TERM,own ALL,tool KILL,tool TERM,tool ALL,runtime KILL", signal, ",")
      for (i = 1; i <= n; i++) asked[signal[i]] = 1
      if (only != "") { for (each in asked) if (each !~ "^" only " ") delete asked[each] }
      if (only == "hang") asked["tool HANG"] = 1
    }
    $1 == "count" && ($2 " " $3) in asked { for (k = 1; k <= $4 + 1; k++) print $2, $3, k }' trace
}

shuffled() { # SALT
  awk -v seed="$((seed + $1))" 'BEGIN { srand(seed) } { printf "%.9f %s\n", rand(), $0 }' | sort | cut -d' ' -f2-
}

# One scenario with one backend until there is nothing left, or the time is up: this worker's share of its runs.
torture_one() { # SCENARIO BACKEND SECONDS WORKER WORKERS
  local until=$((SECONDS + $3)) n=0 done=0 faults=0 idle=0 thirds=0 applies=0 all again
  scenario=$1 backend=$2
  learn || return
  all=$(runs_of_scenario | shuffled ${#1})
  while read -r whose what k; do
    n=$((n + 1))
    [ $((n % $5)) -eq "$4" ] || continue
    # At least one, however busy the machine is: a scenario that was not tried would be a failure.
    [ $done -eq 0 ] || [ $SECONDS -lt $until ] || break
    torment "$whose" "$what" "$k"
    done=$((done + 1)) thirds=$((thirds + third)) applies=$((applies + applied))
    [ -n "$hit" ] || idle=$((idle + 1))
    [ -n "$why" ] || continue
    faults=$((faults + 1))
    again="--only $scenario --backend $backend --run $whose:$what:$k"
    failure "$scenario $backend" "$again" "$why (${hit:-nothing failed})" err difference
    rm -f difference
  done <<<"$all"
  say "RUNS	$scenario $backend	$(wc -l <<<"$all")	$done	$idle	$faults	$thirds	$applies"
}

role_faults() {
  local list="" left end=$((SECONDS + seconds)) which
  if [ -n "$run" ]; then
    one_run
    return
  fi
  for scenario in ${only:-$hooks $edits}; do
    for backend in $backends; do list+=" $scenario:$backend"; done
  done
  left=$(wc -w <<<"$list")
  for which in $list; do
    torture_one "${which%:*}" "${which#*:}" $(((end - SECONDS) / left)) "$place" "$workers"
    left=$((left - 1))
  done
}

# The run that a failure has named, with what the hook said.
one_run() {
  local whose what k
  IFS=: read -r whose what k <<<"$run"
  scenario=$only backend=${backends%% *}
  learn || return
  torment "$whose" "$what" "$k"
  say "RUNS	$scenario $backend	1	1	0	$([ -z "$why" ] && echo 0 || echo 1)	$third	$applied"
  echo "${hit:-nothing failed}: ${why:-all holds}"
  grep -v "^count" report
  cat err difference 2>/dev/null
}

# A tool that never answers: the limit of 15 s passes in each run, so the workers of this sleep beside the others.
role_hang() {
  local until=$((SECONDS + seconds)) done=0 idle=0 faults=0 thirds=0 applies=0 all again whose what k turn=$place
  local some=(start-beside stop apply port-add network start-ipv6)
  only_whose=hang
  while [ $SECONDS -lt $until ]; do
    scenario=${some[turn % ${#some[@]}]}
    backend=$(cut -d' ' -f$((turn / ${#some[@]} % $(wc -w <<<"$backends") + 1)) <<<"$backends")
    turn=$((turn + workers))
    learn || return
    all=$(runs_of_scenario | shuffled $turn | head -3)
    while read -r whose what k; do
      [ $SECONDS -lt $until ] || break
      torment "$whose" "$what" "$k"
      done=$((done + 1)) thirds=$((thirds + third)) applies=$((applies + applied))
      [ -n "$hit" ] || idle=$((idle + 1))
      [ -n "$why" ] || continue
      faults=$((faults + 1))
      again="--only $scenario --backend $backend --run $whose:$what:$k"
      failure hang "$again" "$why (${hit:-nothing failed})" err difference
      rm -f difference
    done <<<"$all"
  done
  say "RUNS	hang	-	$done	$idle	$faults	$thirds	$applies"
}
