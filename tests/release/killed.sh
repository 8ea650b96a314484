# shellcheck shell=sh
# install.sh is killed at each command that it runs: the binary is the old one or the new one, and the hook works.
mkdir -p /tmp/wrap /tmp/new; cp -r /release/. /tmp/new; printf newer >>/tmp/new/hookaot-linux-x64
(cd /tmp/new && sha256sum hookaot-linux-x64 >SHA256SUMS)
old=$(sha256sum </release/hookaot-linux-x64) new=$(sha256sum </tmp/new/hookaot-linux-x64)
for command in cp chmod chown sync mv ln mkdir rm cat readlink dirname sha256sum; do
  printf "#!/bin/sh\nn=\$(/bin/cat /tmp/count); n=\$((n - 1)); echo \$n >/tmp/count; [ \$n -ne 0 ] || kill -9 \$PPID\nPATH=\$OLD exec %s \"\$@\"\n" $command >/tmp/wrap/$command
done
/bin/chmod 755 /tmp/wrap/*
export OLD="$PATH"
/release/install.sh >/dev/null
hookctrl machine add web --private-ip 192.168.122.2; hookctrl port add web 8080:80; event qemu web start 2>/dev/null
n=0 ended=
while [ -z "$ended" ]; do
  n=$((n + 1)); echo $n >/tmp/count
  if PATH=/tmp/wrap:$PATH /tmp/new/install.sh >/dev/null 2>&1; then ended=yes; fi
  case $(sha256sum <$H/hookaot) in "$old" | "$new") ;; *) fail "killed at command $n, the binary is neither old nor new" ;; esac
  for driver in qemu lxc network; do [ -x $H/$driver ] || fail "killed at command $n, there is no hook $driver"; done
  event qemu web start 2>/tmp/said || fail "killed at command $n, the hook fails: $(cat /tmp/said)"
  hookctrl list >/dev/null || fail "killed at command $n, there is no hookctrl"
  [ -n "$ended" ] || /release/install.sh >/dev/null || fail "killed at command $n, it cannot be installed again"
  for stale in $H/*.new.* /usr/local/sbin/*.new.*; do [ ! -e "$stale" ] || fail "$stale is left"; done
done
[ $n -gt 20 ] || fail "only $n commands were seen"
echo "killed at each of $((n - 1)) commands"
/release/install.sh --uninstall --purge >/dev/null
rm -r /tmp/wrap /tmp/new /tmp/count /tmp/said
