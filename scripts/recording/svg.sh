#!/bin/sh
# Draws a terminal, on standard input "STEP TEXT" a line with the colours of a terminal: svg.sh COLUMNS
# The steps come one after the other where the reader has nothing against motion; without animation all are there.
set -eu
exec awk -v columns="$1" '
  function escaped(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
    return text
  }
  # The name of a colour of SGR.
  function colour(code) {
    if (code == 1) return "bold"
    if (code == 2) return "faint"
    if (code == 31 || code == 91) return "red"
    if (code == 32 || code == 92) return "green"
    if (code == 33 || code == 93) return "yellow"
    return ""
  }
  function end_piece() {
    if (piece != "" && class != "") line = line "<tspan class=\"" class "\">" escaped(piece) "</tspan>"
    else line = line escaped(piece)
    piece = ""
  }
  function end_line() {
    end_piece()
    if (width > 0)
      body = body sprintf("<text class=\"s%d\" x=\"16\" y=\"%d\" textLength=\"%.1f\">%s</text>\n",
        step, 52 + 20 * count, 8.4 * width, line)
    count++
    line = ""; width = 0
  }
  {
    step = $1
    text = substr($0, length(step) + 2)
    class = ""
    while (text != "") {
      if (match(text, /^\033\[[0-9;]*m/)) {
        end_piece()
        codes = substr(text, 3, RLENGTH - 3)
        sub(/.*;/, "", codes)
        class = colour(codes + 0)
        text = substr(text, RLENGTH + 1)
        continue
      }
      if (width == columns) end_line()
      piece = piece substr(text, 1, 1)
      text = substr(text, 2)
      width++
    }
    end_line()
  }
  END {
    wide = 32 + 8.4 * columns; high = 52 + 20 * count
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"",
      wide, high, wide, high
    print " role=\"img\" xml:space=\"preserve\">"
    print "<title>hookctrl in a terminal: a forward is added, looked at, taken out and back</title>"
    print "<style>"
    print "  rect { fill: #f6f8fa; stroke: #d0d7de }"
    print "  text { fill: #1f2328; font: 14px ui-monospace, Menlo, Consolas, \"DejaVu Sans Mono\", monospace }"
    print "  circle { fill: #d0d7de }"
    print "  .bold { font-weight: 600 } .faint { fill: #656d76 }"
    print "  .red { fill: #cf222e } .green { fill: #1a7f37 } .yellow { fill: #9a6700 }"
    print "  @media (prefers-color-scheme: dark) {"
    print "    rect { fill: #0d1117; stroke: #30363d }"
    print "    text { fill: #e6edf3 } circle { fill: #30363d } .faint { fill: #8d96a0 }"
    print "    .red { fill: #ff7b72 } .green { fill: #3fb950 } .yellow { fill: #d29922 }"
    print "  }"
    print "  @media (prefers-reduced-motion: no-preference) {"
    print "    @keyframes later { from, to { visibility: hidden } }"
    for (i = 2; i <= step; i++) printf "    .s%d { animation: later %.1fs }\n", i, 1.5 * (i - 1)
    print "  }"
    print "</style>"
    printf "<rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", wide - 1, high - 1
    for (i = 0; i < 3; i++) printf "<circle cx=\"%d\" cy=\"18\" r=\"5\"/>", 20 + 18 * i
    print ""
    printf "%s", body
    print "</svg>"
  }'
