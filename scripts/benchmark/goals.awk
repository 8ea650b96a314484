# goals.awk - the table of goals, from goals.tsv and figures.awk's lines.
#
#   awk -f goals.awk benchmarks.tsv goals.tsv
# Goals in milliseconds were set on a machine on which an empty program takes 1.1 ms. On another one they are also shown
# and judged by what that program takes there.
BEGIN {
  FS = "\t"
  empty = 1.1
}

FILENAME == ARGV[1] {
  value[$1] = $2
  unit[$1] = $4
  if ($1 == "nothing/empty") pace = $2 / empty
  next
}

/^# / { next }

$1 == "#section" {
  section = $2
  next
}

$2 in value {
  head()
  ours = value[$2]
  floor = $3 in value ? value[$3] : ""
  printf "| %s | %s | %s | %s | %s | %s |\n", $1, shown(ours, unit[$2]), of_floor(), ratio(), goal(), verdict()
}

# Of a section in which something was measured.
function head() {
  if (section == "") return
  printf "%s### %s\n\n", (sections++ ? "\n" : ""), section
  print "| | hookaot | floor | ratio | goal | |"
  print "|---|---|---|---|---|---|"
  section = ""
}

END {
  printf "\n%d of %d goals are met", met, met + missed + slow
  if (slow) printf ", and %d more for a machine of this speed", slow
  print "."
}

# Three digits that count.
function digits(number) {
  if (number >= 100 || number <= -100) return sprintf("%.0f", number)
  if (number >= 10 || number <= -10) return sprintf("%.1f", number)
  return sprintf("%.2f", number)
}

function shown(number, kind) {
  if (kind == "us") return digits(number) " µs"
  if (kind == "kB") return digits(number / 1024) " MB"
  if (kind == "bytes") return sprintf("%.2f MB", number / 1000000)
  return digits(number) " ms"
}

function of_floor() { return floor == "" ? "-" : shown(floor, unit[$3]) ", " $4 }

function ratio() { return floor == "" || $2 ~ /more$/ ? "-" : digits(ours / floor) }

function goal() {
  if (is_scaled()) return sprintf("%s, %s here", shown($6, unit[$2]), shown($6 * pace, unit[$2]))
  if ($5 == "most") return shown($6, unit[$2])
  if ($5 == "above") return "floor + " $6 " ms"
  if ($5 == "times") return $6 " times"
  return "-"
}

function is_scaled() { return $5 == "most" && unit[$2] == "ms" && pace > 1 }

function verdict(   bound) {
  if ($5 == "-" || $5 != "most" && floor == "") return ""
  bound = $5 == "most" ? $6 : $5 == "above" ? floor + $6 : floor * $6
  if (ours > bound && is_scaled() && ours <= bound * pace) {
    slow++
    return "met for this machine"
  }
  if (ours > bound) {
    missed++
    return "**missed**"
  }
  met++
  return "met"
}
