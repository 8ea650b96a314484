# shellcheck shell=sh
# What each story begins with. It runs in a root, by a shell as poor as the root's.
set -eu
H=/etc/libvirt/hooks
fail() { echo "FAILED: $*"; exit 1; }
event() { # DRIVER NAME OPERATION
  echo "<domain type=\"kvm\" id=\"1\"><name>x</name><devices><interface type=\"network\"><mac address=\"52:54:00:00:00:02\"/><source network=\"default\" bridge=\"virbr0\"/><target dev=\"vnet0\"/></interface></devices></domain>" |
    "$H/$1" "$2" "$3" begin -
}
has_rule() { iptables-save | grep -q -- "--comment \"*$1\"* -j DNAT"; }
