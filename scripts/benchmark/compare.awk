# compare.awk - names each ratio that is worse than the committed one by more than its noise, and fails then.
#
#   awk -v all=yes -f compare.awk src/doc/benchmarks.tsv FIGURES
#
# The noise: four standard errors of both medians together, and at least a tenth, since two runs of the same binary
# differ by that where something else runs beside them. Memory and size are no times: what they differ by is no noise,
# but for a twentieth of what the kernel puts where. With all=yes a ratio that is no longer measured is one as well.
BEGIN { FS = "\t" }

function compared(name) { return name ~ /\/times$/ || name ~ /^memory\/start.*hookaot/ || name ~ /^size\/linux/ }

!compared($1) { next }

FILENAME == ARGV[1] {
  was[$1] = $2
  off[$1] = $3
  names[++used] = $1
  next
}

$1 in was {
  measured[$1] = 1
  count++
  noise = 4 * sqrt(off[$1] ^ 2 + $3 ^ 2)
  least = $1 ~ /times$/ ? .1 : .05
  if (noise < least * was[$1]) noise = least * was[$1]
  if ($2 <= was[$1] + noise) next
  printf "worse: %s is %s %s; committed are %s, and the noise is %.2g\n", $1, $2, $4, was[$1], noise
  worse++
}

END {
  for (i = 1; all && i <= used; i++) {
    if (names[i] in measured || names[i] ~ /^size/) continue
    printf "worse: %s is not measured any more\n", names[i]
    worse++
  }
  if (!count) print "nothing was compared"
  printf "%d ratios are compared, %d are worse\n", count, worse
  exit worse > 0 || !count
}
