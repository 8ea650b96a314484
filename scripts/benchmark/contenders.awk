# contenders.awk - a table of one part for all contenders, a line each, from figures.awk's lines.
#
#   awk -v part=start -v columns="1 10 100" -v heads="1|10|100" -f contenders.awk benchmarks.tsv
BEGIN {
  FS = "\t"
  count = split(columns, column, " ")
  split(heads, head, "|")
  all = "hookaot-iptables=hookaot, iptables|hookaot-nftables=hookaot, nftables"
  all = all "|tool-iptables=iptables-restore, same script|tool-nftables=nft, same script"
  all = all "|hand-iptables=iptables-restore, by hand|hand-nftables=nft, by hand"
  all = all "|portmap=CNI portmap|netavark=netavark|python-saschpe=saschpe's hook|python-deadbok=deadbok's hook"
  names = split(all, known, "|")
}

{
  if (split($1, name, "/") != 3 || name[1] != part) next
  measured[name[3]] = 1
  cell[name[3], name[2]] = spelled($2, $3)
}

function digits(number) {
  if (number >= 100) return sprintf("%.0f", number)
  if (number >= 10) return sprintf("%.1f", number)
  return sprintf("%.2f", number)
}

function spelled(median, spread) {
  if (median ~ /^>/) return "> " substr(median, 2) / 1000 " s"
  if (median == "failed") return "failed"
  if (spread == "-") return digits(median)
  return digits(median) " ± " (spread ~ /e/ ? sprintf("%.0f", spread) : spread)
}

END {
  printf "| ms |"
  for (i = 1; i <= count; i++) printf " %s |", head[i]
  printf "\n|---|"
  for (i = 1; i <= count; i++) printf "---|"
  print ""
  for (j = 1; j <= names; j++) {
    split(known[j], pair, "=")
    if (!(pair[1] in measured)) continue
    printf "| %s |", pair[2]
    for (i = 1; i <= count; i++) printf " %s |", ((pair[1], column[i]) in cell ? cell[pair[1], column[i]] : "-")
    print ""
  }
}
