# figures.awk - samples become figures: NAME, median, spread, unit, runs; separated by tabs.
#
#   awk -f figures.awk DERIVED SAMPLES
#
# The spread says how far off the median may be: its standard error, by the quartiles, since what disturbs a machine
# makes single runs late: 1.2533 sigma / sqrt(runs), where sigma is the distance of the quartiles / 1.349.
# One run has none, "-". A peer that was stopped at the limit has ">" and the limit for its median; one that failed has
# "failed".
BEGIN { FS = OFS = "\t" }

FILENAME == ARGV[1] {
  split($0, words, " ")
  derived[++derivations] = words[1]
  how[derivations] = words[2]
  left[derivations] = words[3]
  right[derivations] = words[4]
  next
}

!($1 in runs) {
  names[++used] = $1
  runs[$1] = 0
}

$2 == "failed" || $2 ~ /^>/ {
  verdict[$1] = $2
  next
}

{
  sample[$1, ++runs[$1]] = $3 + 0
  if ($4 + 0 > 0) memory[$1, runs[$1]] = $4 + 0
}

function unit(name) {
  if (name ~ /^path/) return "us"
  if (name ~ /^size/) return "bytes"
  return "ms"
}

function sort(count,   i, j, kept) {
  for (i = 2; i <= count; i++) {
    kept = sorted[i]
    for (j = i - 1; j > 0 && sorted[j] > kept; j--) sorted[j + 1] = sorted[j]
    sorted[j + 1] = kept
  }
}

function quantile(count, q,   place, below, above) {
  place = 1 + (count - 1) * q
  below = int(place)
  above = count > below ? below + 1 : count
  return sorted[below] + (place - below) * (sorted[above] - sorted[below])
}

function of_sorted(count) {
  sort(count)
  median = quantile(count, .5)
  spread = count > 1 ? 1.2533 * (quantile(count, .75) - quantile(count, .25)) / 1.349 / sqrt(count) : 0
}

function say(name, value, off, kind, count) {
  printf "%s\t%.4g\t%s\t%s\t%d\n", name, value, (count > 1 ? sprintf("%.2g", off) : "-"), kind, count
}

END {
  for (i = 1; i <= used; i++) {
    name = names[i]
    if (name in verdict) {
      print name, verdict[name], "-", unit(name), runs[name]
      continue
    }
    for (j = 1; j <= runs[name]; j++) sorted[j] = sample[name, j]
    of_sorted(runs[name])
    medians[name] = median
    spreads[name] = spread
    if (name ~ /^size/) printf "%s\t%d\t0\tbytes\t1\n", name, median
    else say(name, median, spread, unit(name), runs[name])
    if (name !~ /^start\/.*\/(hookaot|tool)|^nothing\/(true|empty)/) continue
    for (j = 1; j <= runs[name]; j++) sorted[j] = memory[name, j]
    of_sorted(runs[name])
    say("memory/" name, median, spread, "kB", runs[name])
  }
  for (i = 1; i <= derivations; i++) {
    a = left[i]
    b = right[i]
    if (!(a in medians) || !(b in medians)) continue
    if (how[i] == "per") {
      times = medians[a] / medians[b]
      off = times * sqrt((spreads[a] / medians[a]) ^ 2 + (spreads[b] / medians[b]) ^ 2)
      say(derived[i], times, off, "times", runs[a])
    } else
      say(derived[i], medians[a] - medians[b], sqrt(spreads[a] ^ 2 + spreads[b] ^ 2), "ms", runs[a])
  }
}
