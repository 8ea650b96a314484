#!/bin/bash
# Tells every story of tests/lab on every kind of libvirt host, one host after the other, and writes the table of
# src/doc/libvirt.md.
#
#   scripts/libvirt-table.sh
#
# About 20 minutes. The table is written when all have been told to their end, whether the checks failed or not. The
# last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

doc=src/doc/libvirt.md
hosts=(bookworm/iptables trixie/iptables trixie/nftables testing/nftables)
declare -A debian=([bookworm]="Debian 12" [trixie]="Debian 13" [testing]="Debian testing")
work=$(mktemp -d -t hookaot-table.XXXXXXXX)
trap 'rm -rf "$work"' EXIT

passed=0 failed=0
for host in "${hosts[@]}"; do
  LAB_RESULTS=$work/${host/\//-} scripts/test-libvirt.sh "${host%/*}" "${host#*/}" | tee "$work/output"
  if ! [[ $(tail -n 1 "$work/output") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ && -e $work/${host/\//-} ]]; then
    echo "libvirt-table.sh: no result of $host" >&2
    exit 1
  fi
  passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
done

table() {
  local host flavour backend libvirt head='| story | what it tells |' line='|---|---|' name title cell row
  for host in "${hosts[@]}"; do
    IFS=$'\t' read -r _ flavour backend libvirt <"$work/${host/\//-}"
    head="$head ${debian[$flavour]}: libvirt $libvirt, $backend |"
    line="$line---|"
  done
  printf '%s\n%s\n' "$head" "$line"
  # in the order of the first host that has it
  while IFS=$'\t' read -r name title; do
    row="| $name | $title |"
    for host in "${hosts[@]}"; do
      cell=$(awk -F '\t' -v name="$name" \
        '$1 == name { print ($3 == 0 ? $2 : "**" $3 " of " $2 + $3 " fail**") }' "$work/${host/\//-}")
      row="$row ${cell:--} |"
    done
    echo "$row"
  done < <(cat "$work"/*-* | awk -F '\t' '$1 != "host" && !seen[$1]++ { print $1 "\t" $5 }')
}
table >"$work/table"
awk -v table="$work/table" '
  /^<!-- end of the table -->$/ { inside = 0 }
  !inside
  /^<!-- the table/ { inside = 1; while ((getline line <table) > 0) print line }' "$doc" >"$work/doc"
cat "$work/doc" >"$doc"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
