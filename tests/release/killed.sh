# shellcheck shell=sh
# install.sh is killed at each command that it runs. In an upgrade, the binary is the old one or the new one, and the
# hook works. In a first installation and in a removal, a removal afterwards leaves nothing.
newer_release
old=$(sha256sum </release/hookaot-linux-x64) new=$(sha256sum </tmp/new/hookaot-linux-x64)

# Commands that count down, and the one at which nothing is left to count kills its caller.
mkdir -p /tmp/wrap
for command in cp chmod chown sync mv ln mkdir rm rmdir touch readlink dirname sha256sum; do
  cat >/tmp/wrap/$command <<END
#!/bin/sh
n=\$(/bin/cat /tmp/count)
n=\$((n - 1))
echo \$n >/tmp/count
[ \$n -ne 0 ] || kill -9 \$PPID
PATH=\$OLD exec $command "\$@"
END
done
/bin/chmod 755 /tmp/wrap/*
export OLD="$PATH"
killed_at() { # N COMMAND...; the N-th command that it runs kills it; it succeeds if it runs fewer
  echo "$1" >/tmp/count
  shift
  PATH=/tmp/wrap:$PATH "$@" >/dev/null 2>&1
}

/release/install.sh >/dev/null
hookctrl machine add web --private-ip 192.168.122.2
hookctrl port add web 8080:80
event qemu web start 2>/dev/null
n=0 ended=
while [ -z "$ended" ]; do
  n=$((n + 1))
  if killed_at $n /tmp/new/install.sh; then ended=yes; fi
  at="killed at command $n"
  case $(sha256sum <$H/hookaot) in
    "$old" | "$new") ;;
    *) fail "$at, the binary is neither old nor new" ;;
  esac
  for driver in qemu lxc network; do [ -x $H/$driver ] || fail "$at, there is no hook $driver"; done
  event qemu web start 2>/tmp/said || fail "$at, the hook fails: $(cat /tmp/said)"
  hookctrl list >/dev/null || fail "$at, there is no hookctrl"
  [ -n "$ended" ] || /release/install.sh >/dev/null || fail "$at, it cannot be installed again"
  stale=$(find "$H" /usr/local /etc/systemd/system -name "*.new.*")
  [ -z "$stale" ] || fail "$at, the next one leaves $stale"
done
[ $n -gt 20 ] || fail "only $n commands were seen"
echo "killed at each of $((n - 1)) commands"
/release/install.sh --uninstall --purge >/dev/null

files() { find "$H" /usr/local /etc/systemd/system | sort; }
before=$(files)
for first in "" --uninstall; do
  n=0 ended=
  while [ -z "$ended" ]; do
    n=$((n + 1))
    [ -z "$first" ] || /release/install.sh >/dev/null
    # shellcheck disable=SC2086 # none or one
    if killed_at $n /release/install.sh $first; then ended=yes; fi
    at="killed at command $n of install.sh $first"
    /release/install.sh --uninstall >/dev/null 2>&1 || fail "$at, it cannot be removed"
    [ "$(files)" = "$before" ] || fail "$at, a removal leaves: $(files)"
  done
  [ $n -gt 10 ] || fail "only $n commands of install.sh $first were seen"
  echo "install.sh $first killed at each of $((n - 1)) commands"
done
rm -r /tmp/wrap /tmp/new /tmp/count /tmp/said
