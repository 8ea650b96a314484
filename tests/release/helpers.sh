# shellcheck shell=sh
# What each story begins with. It runs in a root, by a shell as poor as the root's.
set -eu
H=/etc/libvirt/hooks
fail() { echo "FAILED: $*"; exit 1; }
event() { # DRIVER NAME OPERATION
  echo "<domain type=\"kvm\" id=\"1\"><name>x</name><devices><interface type=\"network\"><mac address=\"52:54:00:00:00:02\"/><source network=\"default\" bridge=\"virbr0\"/><target dev=\"vnet0\"/></interface></devices></domain>" |
    "$H/$1" "$2" "$3" begin -
}
says() { # WORDS COMMAND...; all of its output is read: grep -q alone would end it early
  words=$1; shift
  output=$("$@" 2>&1) || true
  case $output in *"$words"*) ;; *) echo "$output"; return 1 ;; esac
}
has_rule() { iptables-save >/tmp/rules; grep -q -- "--comment \"*$1\"* -j DNAT" /tmp/rules && rm /tmp/rules; }
