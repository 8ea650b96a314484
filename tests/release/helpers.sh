# shellcheck shell=sh
# What each story begins with. It runs in a root, by a shell as poor as the root's.
set -eu
H=/etc/libvirt/hooks
fail() { echo "FAILED: $*"; exit 1; }
domain() { # NAME
  cat <<XML
<domain type='kvm' id='1'>
  <name>$1</name>
  <devices>
    <interface type='network'>
      <mac address='52:54:00:00:00:02'/>
      <source network='default' bridge='virbr0'/>
      <target dev='vnet0'/>
    </interface>
  </devices>
</domain>
XML
}
event() { # DRIVER NAME OPERATION
  domain x | "$H/$1" "$2" "$3" begin -
}
newer_release() { # in /tmp/new: the same one, but for the bytes of its binary
  mkdir -p /tmp/new
  cp -r /release/. /tmp/new
  printf newer >>/tmp/new/hookaot-linux-x64
  (cd /tmp/new && sha256sum hookaot-linux-x64 >SHA256SUMS)
}
program() { # FILE; stdin: its text
  cat >"$1"
  chmod 755 "$1"
}
says() { # WORDS COMMAND...; all of its output is read: grep -q alone would end it early
  words=$1
  shift
  output=$("$@" 2>&1) || true
  case $output in *"$words"*) ;; *) echo "$output"; return 1 ;; esac
}
has_rule() { iptables-save >/run/rules; grep -q -- "--comment \"*$1\"* -j DNAT" /run/rules; }
