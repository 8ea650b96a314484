# shellcheck shell=bash
# For bench.sh, which sources it: writes src/doc/benchmarks.md and its plots from the figures.
plots=(start beside stop)

version_of() { dpkg-query -W -f '${Version}' "$1"; }

# What was measured with, a line each.
machine() {
  local one checkout
  echo "- $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$(awk '$1 == "MemTotal:" { printf "%.1f", $2 / 1048576 }' /proc/meminfo) GB; Linux $(uname -r)"
  # shellcheck source=/dev/null
  echo "- $(. /etc/os-release && echo "$PRETTY_NAME"): iptables $(version_of iptables), nftables $(version_of nftables)"
  echo "- $($hookctrl version | head -1)"
  echo "- containernetworking-plugins $(version_of containernetworking-plugins)"
  echo "- netavark $(version_of netavark)"
  for checkout in "${pythons[@]}"; do
    one=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$checkout"/hooks "$checkout"/hooks.py 2>/dev/null)
    case $checkout/$(basename "$(ls "$checkout"/hooks "$checkout"/hooks.py 2>/dev/null)") in
      *.py) echo "- deadbok's libvirt-hook-qemu $one, $(python3 --version)" ;;
      *) echo "- saschpe's libvirt-hook-qemu $one, $(python3 --version)" ;;
    esac
  done
}

picture() { # PART ALTERNATIVE-TEXT
  echo '<picture>'
  echo '  <source media="(prefers-color-scheme: dark)"'
  echo "    srcset=\"benchmarks-$1-dark.svg\">"
  echo "  <img alt=\"$2\""
  echo "    src=\"benchmarks-$1-light.svg\">"
  echo '</picture>'
}

table() { # PART COLUMNS HEADS
  awk -v part="$1" -v columns="$2" -v heads="$3" -f scripts/benchmark/contenders.awk "$dir/figures"
}

draw() {
  local part shade title
  for part in "${plots[@]}"; do
    case $part in
      start) title='Start of a guest, nothing else active' ;;
      beside) title='Start beside 20 guests with ten forwards each' ;;
      stop) title='Stop of the only guest' ;;
    esac
    for shade in light dark; do
      awk -v part="$part" -v shade=$shade -v title="$title" -f scripts/benchmark/plot.awk "$dir/figures" \
        >"src/doc/benchmarks-$part-$shade.svg" || die "no plot of $part"
    done
  done
}

chapter() {
  cat <<'MD'
# How fast it is

Made by one run of [scripts/bench.sh](../../scripts/bench.sh), with root, on a
machine that does nothing else:

```sh
scripts/bench.sh
```

`--compare` measures again, writes nothing, and ends with 1 if a ratio is worse
than here by more than its noise; the figures to compare with are in
[benchmarks.tsv](benchmarks.tsv). `--only PART...` measures parts, `--quick` in
fewer runs, `--python DIR` a checkout of a Python hook as well.

## How it is measured

Every contender has a host of its own: a network namespace, in which nothing but
its own rules is. All run in turn, once a round, in an order of chance, so that
what disturbs the machine disturbs all alike; so the ratios are what counts, and
milliseconds are those of this machine. Figures are medians; behind ± is how far
the median may be off, its standard error. Before any time is taken, a client's
connection through the last forward has to arrive, and after the stop no longer.

Forward number n leads from port 10000 + 2n to the guest's port 30000 + n, so
that neighbours do not make a range.

- *Same script*: `iptables-restore` or `nft -f` with what hookaot hands to it
  in that very situation, and nothing else.
- *By hand*: the same tool adds one rule or one map's element a forward to what
  is there already. No hook can do with less, and this does less than any hook:
  no connections of the host itself or between guests, no comments.
- *Empty program*: a program in C# that does nothing, built as hookaot is.
- CNI portmap and netavark are called as their engines call them, netavark's
  time has the bridge and the interface in it, which it makes as well. deadbok's
  hook takes nothing out when a guest stops.
- `> 10 s`: it was stopped then; a triangle in the pictures.

MD
  echo '## With'
  echo
  machine
  cat <<'MD'

## Against the goals

MD
  awk -f scripts/benchmark/goals.awk "$dir/figures" scripts/benchmark/goals.tsv
  cat <<'MD'

A packet's way is measured from a client through the host to a guest, each a
network namespace, beside libvirt's own rules, and by one process, so that no
scheduler is in it. *No forward* is a connection to the guest's own address,
which a rule by hand lets through.

### Why goals are missed, and what was tried

- *A call with nothing to do* is an empty program and the search for the guest's
  name in three files. Nothing is parsed where neither the name nor "strict" is
  in them. What is left is the size of the binary: its runtime makes room for
  the statics of every type that is in it, some 30 pages of memory.
- *A start* with one forward is an empty program and the tool; what is more is
  the record before and after (three files, each renamed into its place),
  netlink, and 200 pages that an empty program does not touch, at 2 µs each.
  Left out by now are reflection (Enum.GetValues, LoggerFactory), the type
  loader (it finds generic virtual methods: Select behind Where, ThenBy) and all
  that made an object for each forward twice: 1 ms with one forward, 6 with
  1000. Where nf_tables are as the last event left them, only the difference is
  written, and where nothing differs no tool is run.
- *A stop* waits in the tool, when it closes its socket, until no packet can see
  the old rules any more (RCU). That takes 10 ms on a machine that does nothing
  else, and 20 to 30 beside a process that has just opened and closed files, as
  a hook has; the rest above the floor is the same as at a start.
- *A start beside others* that makes more than 256 forwards in all, here one
  with 100, puts them all into chains by port: everything is swapped in once.
- *A new connection* through the last of 1000 meets some 43 rules with iptables,
  in chains by port; all 1000 made it 1.75 times as slow.
- *Memory*: nothing is collected in so short a life. The settings GCgen0size,
  GCConserveMemory and GCHeapHardLimit changed neither the peak nor the time.
  With one forward 6.4 MB are there, most of it the runtime's and pages of the
  binary.
- *The binary*: XmlReader went for a smaller reader (504 kB), code is optimised
  for size (176 kB, no call slower), one class takes all lines of the log
  (114 kB: a second one keeps every DisposeAsync of .NET), another one filters
  them in the place of LoggerFactory (103 kB), equal bodies are
  folded. What is left is mostly the runtime, System.CommandLine and generics.

## Start of a guest, nothing else active

MD
  picture start 'Milliseconds of a start over the number of forwards'
  echo
  table start "$sizes" '1 forward|10|100|1000|10,000'
  printf '\n## Stop of the only guest\n\n'
  picture stop 'Milliseconds of a stop over the number of forwards'
  echo
  table stop "$sizes" '1 forward|10|100|1000|10,000'
  printf '\nMost of it is a wait of the kernel, before it frees what a packet might still\nsee.\n'
  printf '\n## Start beside 20 guests with ten forwards each\n\n'
  picture beside 'Milliseconds of a start over its forwards, beside others'
  echo
  table beside "$sizes" '1 forward|10|100|1000|10,000'
  printf '\nAnd the stop of that guest:\n\n'
  table beside-stop "$sizes" '1 forward|10|100|1000|10,000'
  printf '\n## 20 guests with ten forwards each\n\n'
  table guests 'at-once in-turn' 'started at once|one after the other'
  printf '\nAnd their stop:\n\n'
  table guests-stop 'at-once in-turn' 'stopped at once|one after the other'
  printf '\n*Failed*: a process ended with an error, or a forward was missing afterwards.\n'
  printf '\n## Beside rules of others\n\nA start with ten forwards:\n\n'
  table foreign '0 1000 10000' 'no rule|1000 rules|10,000 rules'
}
