# shellcheck shell=sh
# What the packages do before and after they are unpacked and before they are removed; part of the .deb's and the
# .rpm's maintainer scripts.
hook_drivers="qemu lxc network"
hooks=/etc/libvirt/hooks

refuse_second() { # it would be called twice at each event
  if [ -e $hooks/hookaot ]; then
    echo "hookaot: $hooks/hookaot is from install.sh, and one is enough." \
      "First run: install.sh --uninstall (config.json stays)" >&2
    exit 1
  fi
}

tell_libvirt() { # it looks for hooks at its start and on reload
  for daemon in libvirtd virtqemud virtlxcd virtnetworkd; do
    if [ -d /run/systemd/system ]; then
      if systemctl is-active --quiet $daemon; then systemctl reload $daemon || true; fi
    elif [ -r /run/$daemon.pid ]; then
      # After a crash the number may be another process's by now.
      pid=$(cat /run/$daemon.pid)
      if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = $daemon ]; then kill -HUP "$pid" || true; fi
    fi
  done
}

link_hooks() {
  mkdir -p $hooks
  for driver in $hook_drivers; do
    hook=$hooks/$driver
    if { [ -e "$hook" ] || [ -L "$hook" ]; } && [ "$(readlink "$hook")" != /usr/sbin/hookaot ]; then
      mkdir -p "$hook.d"
      [ -L "$hook.d/50-hookaot" ] || ln -s /usr/sbin/hookaot "$hook.d/50-hookaot"
      echo "hookaot: $hook is somebody else's and stays; libvirt 6.5 and later call $hook.d/50-hookaot after it"
    else
      [ -L "$hook" ] || ln -s /usr/sbin/hookaot "$hook"
      unlink_beside "$hook"
    fi
  done
  tell_libvirt
  # For guests that run already.
  if [ -f $hooks/config.json ]; then hookctrl apply || true; fi
}

unlink_beside() { # HOOK
  if [ -L "$1.d/50-hookaot" ]; then
    rm -f "$1.d/50-hookaot"
    rmdir "$1.d" 2>/dev/null || true
  fi
}

unlink_hooks() {
  # The links first, so that no event puts rules back; libvirt 6.5 and later do not mind, the others are told at once.
  for driver in $hook_drivers; do
    hook=$hooks/$driver
    if [ "$(readlink "$hook")" = /usr/sbin/hookaot ]; then rm -f "$hook"; fi
    unlink_beside "$hook"
  done
  tell_libvirt
  hookctrl apply --stop-all >/dev/null ||
    echo "hookaot: the rules could not be taken out, for the reason above." \
      "By hand: iptables-save | grep -v HOOKAOT | iptables-restore; nft delete table ip hookaot;" \
      "nft flush chain ip libvirt_network hookaot; the same for IPv6 with ip6tables and ip6" >&2
  rm -rf /run/hookaot
}
