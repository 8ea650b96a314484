# plot.awk - draws times over the number of forwards, both axes logarithmic, from figures.awk's lines: an SVG.
#
#   awk -v part=start -v title=... -v shade=light|dark -f plot.awk benchmarks.tsv
BEGIN {
  FS = "\t"
  # A tool has the colour of the backend that uses it.
  dark = shade == "dark"
  ink = dark ? "#e6edf3" : "#1f2328"
  faint = dark ? "#9198a1" : "#59636e"
  line = dark ? "#3d444d" : "#d0d7de"
  colour["hookaot-iptables"] = dark ? "#58a6ff" : "#0969da"
  colour["hookaot-nftables"] = dark ? "#f78166" : "#cf222e"
  colour["tool-iptables"] = colour["hand-iptables"] = colour["hookaot-iptables"]
  colour["tool-nftables"] = colour["hand-nftables"] = colour["hookaot-nftables"]
  colour["portmap"] = dark ? "#56d364" : "#1a7f37"
  colour["netavark"] = dark ? "#d2a8ff" : "#8250df"
  colour["python-saschpe"] = dark ? "#e3b341" : "#9a6700"
  colour["python-deadbok"] = dark ? "#ff9bce" : "#bf3989"
  label["hookaot-iptables"] = "hookaot, iptables"
  label["hookaot-nftables"] = "hookaot, nftables"
  label["tool-iptables"] = "iptables-restore, same script"
  label["tool-nftables"] = "nft, same script"
  label["hand-iptables"] = "iptables-restore, by hand"
  label["hand-nftables"] = "nft, by hand"
  label["portmap"] = "CNI portmap"
  label["netavark"] = "netavark"
  label["python-saschpe"] = "saschpe's hook"
  label["python-deadbok"] = "deadbok's hook"
  left = 64
  right = 520
  top = 40
  bottom = 372
  decades = 4
}

split($1, name, "/") == 3 && name[1] == part && $2 ~ /^>/ {
  who = name[3]
  if (!(who in stopped)) stopped[who] = log(name[2]) / log(10)
  limit = log(substr($2, 2)) / log(10)
  next
}

split($1, name, "/") == 3 && name[1] == part && $2 ~ /^[0-9]/ {
  who = name[3]
  if (!(who in points)) order[++used] = who
  x[who, ++points[who]] = log(name[2]) / log(10)
  y[who, points[who]] = log($2) / log(10)
  if (used == 1 && points[who] == 1 || y[who, points[who]] < lowest) lowest = y[who, points[who]]
  if (used == 1 && points[who] == 1 || y[who, points[who]] > highest) highest = y[who, points[who]]
}

function across(value) { return left + (right - left) * value / decades }

function up(value) { return bottom - (bottom - top) * (value - low) / (high - low) }

function floor(value) { return value < int(value) ? int(value) - 1 : int(value) }

function spelled(power,   value) {
  value = sprintf("%.10g", 10 ^ power)
  if (power >= 3 && part != "x") return power == 3 ? "1,000" : "10,000"
  return value
}

function text(at_x, at_y, anchor, fill, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", at_x, at_y, anchor, fill, words
}

function rule(x1, y1, x2, y2) {
  printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, line
}

END {
  if (!used) exit 1
  if (limit > highest) highest = limit
  low = floor(lowest)
  high = -floor(-highest)
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 424\" width=\"760\" height=\"424\" role=\"img\""
  print "font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\">"
  printf "<title>%s</title>\n<desc>Milliseconds over the number of forwards, both axes logarithmic.", title
  print " The figures are in benchmarks.tsv.</desc>"
  text(left, 22, "start", ink, title)
  for (i = 0; i <= decades; i++) {
    rule(across(i), top, across(i), bottom)
    text(across(i), bottom + 20, "middle", faint, spelled(i))
  }
  for (i = low; i <= high; i++) {
    rule(left, up(i), right, up(i))
    text(left - 8, up(i) + 4, "end", faint, spelled(i))
  }
  text((left + right) / 2, bottom + 42, "middle", faint, "forwards")
  text(left - 8, 22, "end", faint, "ms")

  # The names stand where the lines end, moved apart where they would cover each other: the lowest first.
  for (i = 1; i <= used; i++) {
    for (j = i; j > 1 && last(sorted[j - 1]) > last(order[i]); j--) sorted[j] = sorted[j - 1]
    sorted[j] = order[i]
  }
  place = bottom + 16
  for (i = 1; i <= used; i++) {
    who = sorted[i]
    path = ""
    marks = ""
    for (j = 1; j <= points[who]; j++) {
      path = path sprintf("%s%.1f %.1f", (j > 1 ? " L " : "M "), across(x[who, j]), up(y[who, j]))
      marks = marks sprintf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", across(x[who, j]), up(y[who, j]),
        colour[who])
    }
    # What is bare is dashed.
    dash = who ~ /^(tool|hand)/ ? " stroke-dasharray=\"5 4\"" : ""
    printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n%s\n", path, colour[who], dash, marks
    if (who in stopped) stop(who)
    at = up(y[who, points[who]]) + 4
    place = at < place - 16 ? at : place - 16
    end = points[who] ? across(x[who, points[who]]) : right
    printf "<path d=\"M %.1f %.1f L %.1f %.1f\" fill=\"none\" stroke=\"%s\" stroke-dasharray=\"1 3\"/>\n",
      end + 4, at - 4, right + 18, place - 4, colour[who]
    text(right + 22, place, "start", colour[who], label[who])
  }
  print "</svg>"
}

# Where it was stopped: a triangle that points further up.
function stop(who,   at_x, at_y) {
  at_x = across(stopped[who])
  at_y = up(limit)
  printf "<path d=\"M %.1f %.1f L %.1f %.1f\" fill=\"none\" stroke=\"%s\" stroke-dasharray=\"2 4\"/>\n",
    across(x[who, points[who]]), up(y[who, points[who]]), at_x, at_y, colour[who]
  printf "<path d=\"M %.1f %.1f l 5 8 h -10 z\" fill=\"%s\"/>\n", at_x, at_y - 5, colour[who]
}

function last(who) { return y[who, points[who]] }
